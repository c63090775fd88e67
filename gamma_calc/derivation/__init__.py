"""What follows from a program: conditions and their results, facts, traces, reasons, and the face of it all."""
