"""How a start answers to a learning rate below its best: the degree in the rate of every part of a change."""
