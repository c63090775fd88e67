"""The reading of a program in orders: one step, the next, until nothing changes."""
