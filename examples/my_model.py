"""A model of one's own for ``gamma-calc coord-check``: a function from a width to a model and a batch."""

import torch
from torch import nn


class Net(nn.Module):
    """Two layers with weights of variance 1/n and a readout of entries 1/n; the forward pass returns the loss."""

    def __init__(self, n):
        super().__init__()
        self.embed, self.hidden = nn.Linear(8, n, bias=False), nn.Linear(n, n, bias=False)
        self.head = nn.Linear(n, 1, bias=False)
        nn.init.normal_(self.hidden.weight, std=n**-0.5)
        nn.init.normal_(self.head.weight, std=1 / n)

    def forward(self, x, y):
        features = torch.relu(self.hidden(torch.relu(self.embed(x))))
        return (self.head(features).squeeze(-1) - y).square().mean()


def make_model(n):
    """The model at a width, and a batch of four samples, the same ones at every width."""
    samples = torch.Generator().manual_seed(0)
    return Net(n), (torch.randn(4, 8, generator=samples), torch.ones(4))
