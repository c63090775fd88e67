"""Linear constraints over the rationals, solved exactly, each answer with its certificate."""
