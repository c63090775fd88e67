"""An independent oracle: programs run on plain tensors with autograd, sharing no rule with the package.

It reads the structure of a program alone (names of node classes, arguments, shapes, exponents). What an operation
does, how a gradient is taken, how an optimiser steps and what a change is are all written here again.
"""
