"""A configuration read back: what it trains, how large each rate may be, and what in it works against training."""
