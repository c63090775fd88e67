"""A published experiment run again, each cell kept in a file; the same command resumes."""
