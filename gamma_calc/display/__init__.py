"""Blocks of text and tables, and how they are printed; nothing here knows of a derivation."""
