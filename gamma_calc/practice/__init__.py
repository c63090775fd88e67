"""Answers for people who train: numbers, each with the exponents behind it and the conditions it holds under."""
