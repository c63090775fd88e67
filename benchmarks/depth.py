"""Processor time of a derivation with its conditions against the depth of a network, and how it grows.

Each network has the rates of its parametrisation, none open, or one open for each weight. The growth is the slope of
log time over log depth on the larger half of the depths; a chain whose slope is 1 costs as much for each layer, however
many there are.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from time import process_time

from gamma_calc import derive, mlp
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.errors import TimeUp
from gamma_calc.exponents.linear.watch import watched

DEPTHS = (2, 4, 8, 16, 32, 64)
RATES = {"none open": "own", "all open": "per-layer"}
CHAINS = ("linear", "relu", "tanh")
RULES = {"sgd": "mup", "sign": "mup-adam", "adam": "mup-adam"}
MOST_SECONDS = 60.0  # for one network; deeper ones of its kind are left out


def seconds(init: str, activation: str, rule: str, rates: str, depth: int) -> float:
    """Of the orders and conditions of one network. Raises TimeUp where they take too long."""
    begun = process_time()
    with watched(MOST_SECONDS):
        str(derive(mlp(init, depth=depth, activation=activation, optimiser=rule, lr=rates)).conditions)
    return process_time() - begun


def measured(init: str, activation: str, rule: str, rates: str, depths: Iterable[int]) -> list[tuple[int, float]]:
    """Depth and time, up to the first depth that takes too long."""
    found: list[tuple[int, float]] = []
    for depth in depths:
        try:
            found.append((depth, seconds(init, activation, rule, rates, depth)))
        except TimeUp:
            break
    return found


def growth(found: Sequence[tuple[int, float]]) -> str:
    """The slope of a line through the larger half, both axes as logarithms; of less than two depths there is none."""
    half = [(math.log(depth), math.log(time)) for depth, time in found[len(found) // 2 :]]
    x, y = (sum(pair[axis] for pair in half) / max(len(half), 1) for axis in (0, 1))
    spread = sum((a - x) ** 2 for a, _ in half)
    return f"d^{sum((a - x) * (b - y) for a, b in half) / spread:.1f}" if spread else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=DEPTHS)
    parser.add_argument("--init", choices=PARAMETRISATIONS, help="one for all rules; default: muP for each")
    parser.add_argument("--chains", nargs="+", choices=CHAINS, default=CHAINS)
    parser.add_argument("--rates", nargs="+", choices=RATES, default=list(RATES))
    chosen = parser.parse_args()
    seconds("mup", "linear", "sgd", "own", 3)  # what a first derivation loads
    for title in chosen.rates:
        print(f"{title:<14}{''.join(f'{depth:>9}' for depth in chosen.depths)}   growth")
        for activation in chosen.chains:
            for rule, own in RULES.items():
                found = measured(chosen.init or own, activation, rule, RATES[title], chosen.depths)
                times = "".join(f"{time:9.2f}" for _, time in found).ljust(9 * len(chosen.depths))
                print(f"{activation + ' ' + rule:<14}{times}   {growth(found)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
