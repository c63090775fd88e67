"""A program run at one width: graph, plan, storage, steps, and what is recorded of them."""
