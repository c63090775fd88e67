"""How exponents are read and written: tokens, grammar, and the spelling of each dialect."""
