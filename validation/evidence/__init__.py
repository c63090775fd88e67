"""What others published, derived and measured, and what a record says of it."""
