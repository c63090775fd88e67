"""Long runs whose results are recorded in docs/results."""
