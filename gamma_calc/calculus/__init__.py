"""Orders of vectors and matrices: directions, values, contractions, and the lemmas they rest on."""
