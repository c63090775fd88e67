"""Published results as data, each derived and, where it speaks of numbers, measured."""
