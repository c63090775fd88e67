"""Processor time of a derivation with its conditions against the depth of a network, and how it grows.

Each network has the rates of its parametrisation, none open. The growth is the slope of log time over log depth on the
larger half of the depths; a chain whose slope is 1 costs as much for each layer, however many there are.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from time import process_time

from gamma_calc import derive, mlp

DEPTHS = (4, 8, 16, 32, 64)
CHAINS = ("linear", "relu", "tanh")
RULES = {"sgd": "mup", "sign": "mup-adam", "adam": "mup-adam"}
MOST_SECONDS = 60.0  # for one network, before deeper ones of its kind are left out


def seconds(activation: str, rule: str, depth: int) -> float:
    """Of the orders and conditions of one network."""
    start = process_time()
    str(derive(mlp(RULES[rule], depth=depth, activation=activation, optimiser=rule)).conditions)
    return process_time() - start


def measured(activation: str, rule: str, depths: Iterable[int]) -> list[tuple[int, float]]:
    """Depth and time, up to the first depth that takes too long."""
    found: list[tuple[int, float]] = []
    for depth in depths:
        found.append((depth, seconds(activation, rule, depth)))
        if found[-1][1] > MOST_SECONDS:
            break
    return found


def growth(found: Sequence[tuple[int, float]]) -> float:
    """The slope of a line through the larger half, both axes as logarithms."""
    half = [(math.log(depth), math.log(time)) for depth, time in found[len(found) // 2 :]]
    x, y = (sum(pair[axis] for pair in half) / len(half) for axis in (0, 1))
    spread = sum((a - x) ** 2 for a, _ in half)
    return sum((a - x) * (b - y) for a, b in half) / spread if spread else math.nan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=DEPTHS)
    chosen = parser.parse_args()
    seconds("linear", "sgd", 3)  # what a first derivation loads
    print(f"{'':<14}{''.join(f'{depth:>9}' for depth in chosen.depths)}   growth")
    for activation in CHAINS:
        for rule in RULES:
            found = measured(activation, rule, chosen.depths)
            times = "".join(f"{time:9.2f}" for _, time in found).ljust(9 * len(chosen.depths))
            print(f"{activation + ' ' + rule:<14}{times}   d^{growth(found):.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
