"""Starts compared at one learning rate: what the first steps do, and how far each is from its own largest rate."""
