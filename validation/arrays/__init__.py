"""Arrays at one width: draws, factored matrices, sizes, updates in place."""
