"""Orders: differences of maxima of affine forms."""
