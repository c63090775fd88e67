"""A user's own torch model at several widths: sizes of its activations and their changes, and a verdict on each."""
