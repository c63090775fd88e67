"""Orders measured: predictions, validations, stable rates, figures."""
