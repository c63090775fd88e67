"""Slopes with their intervals, and the verdict on a predicted exponent."""
