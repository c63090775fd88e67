"""Runs of others read back: the best rate of each cell, how it moves with rank and width, and what was derived."""
