"""What programs are made of: expressions, leaves, forms, initialisations, optimisers, watched quantities."""
