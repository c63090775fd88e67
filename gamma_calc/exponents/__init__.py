"""Exact exponents: orders and the regions where they hold."""
