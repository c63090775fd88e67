"""The initialisations of the catalogue in numbers: both factors of each, from a random layer, for many seeds."""

from validation.initialisations.catalogue import CONSTRUCTIONS, construct
from validation.initialisations.layer import Layer

__all__ = ["CONSTRUCTIONS", "Layer", "construct"]
