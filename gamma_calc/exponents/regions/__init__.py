"""Exact sets of exponents: linear constraints, their unions, and the proofs behind every answer about them."""
