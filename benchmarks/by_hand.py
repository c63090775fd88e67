"""A sweep of LoRA layers as people write it by hand, and the same cells through ``validation``, timed in one run.

By hand: peft adapters on a frozen ``nn.Linear``, ``torch.optim.Adam``, hooks for the features, a loop over widths and
seeds. Both measure the same sizes at every step, and the slopes of both are compared, so that the work is the same.
Imports and a first small cell are left out on both sides. The exit code is 1 where the slopes differ beyond noise.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from torch import Tensor, nn

try:
    from peft import LoraConfig, get_peft_model
except ModuleNotFoundError:
    sys.exit("peft is not installed: pip install 'gamma-calc[bench]'")

from gamma_calc import lora
from validation import Settings, measure_cell
from validation.executor.settings import DEVICES, found_device

EXPONENTS = {"A": "-1/2", "B": "-1"}  # the largest stable rate of each initialisation
QUANTITIES = ("A", "B", "Z_A", "Z_B", "delta1", "delta2", "delta3")
RANK = 8
TINY = 1e-30  # torch.optim.Adam without epsilon would divide 0 by 0
STANDARD_ERRORS = 5.0  # slopes closer than this agree
ROUNDING = 1e-3  # of a slope, where no seed differs from another

Sizes = np.ndarray[tuple[int, ...], np.dtype[np.float64]]  # width x seed x step x quantity
Sweep = Callable[[str, list[int], int, int, str], Sizes]


class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        out: Tensor = self.linear(z)
        return out


def by_hand(init: str, widths: list[int], seeds: int, steps: int, device: str) -> Sizes:
    return np.array([[train(init, n, seed, steps, device) for seed in range(seeds)] for n in widths])


def train(init: str, width: int, seed: int, steps: int, device: str) -> list[list[float]]:
    """The sizes of one run: at the start (no change yet), and after each step."""
    torch.manual_seed(seed)
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["linear"])
    with torch.device(device):
        model: Any = get_peft_model(Layer(width), config)
        z, w = torch.randn(width), torch.randn(width)
    adapter = model.base_model.model.linear
    inner, outer = adapter.lora_A["default"], adapter.lora_B["default"]
    nn.init.normal_(inner.weight, std=width**-0.5) if init == "A" else nn.init.zeros_(inner.weight)
    nn.init.normal_(outer.weight) if init == "B" else nn.init.zeros_(outer.weight)
    features: dict[str, Tensor] = {}
    inner.register_forward_hook(lambda _, __, out: features.update(Z_A=out.detach()))
    outer.register_forward_hook(lambda _, __, out: features.update(Z_B=out.detach()))
    optimiser = torch.optim.Adam([inner.weight, outer.weight], lr=width ** exponent(init), eps=TINY)

    rows = []
    before = z_before = None
    for step in range(steps + 1):
        loss = -(w @ model(z))
        changes = parts(outer.weight.detach(), before, features["Z_A"], z_before)
        rows.append([rms(x) for x in (inner.weight.detach(), outer.weight.detach(), *features.values(), *changes)])
        if step < steps:
            before, z_before = outer.weight.detach().clone(), features["Z_A"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return rows


def parts(b: Tensor, before: Tensor | None, z: Tensor, z_before: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """delta1, delta2 and delta3 of the last step; zero where there has been none."""
    if before is None or z_before is None:
        zero = b.new_zeros(1)
        return zero, zero, zero
    return before @ (z - z_before), (b - before) @ z_before, (b - before) @ (z - z_before)


def rms(x: Tensor) -> float:
    return x.square().mean().sqrt().item()


def exponent(init: str) -> float:
    top, _, bottom = EXPONENTS[init].partition("/")
    return float(top) / float(bottom or 1)


def by_validation(init: str, widths: list[int], seeds: int, steps: int, device: str) -> Sizes:
    program = lora(init=init, optimiser="adam").substitute({"eta": EXPONENTS[init]})
    settings = Settings(steps=steps, dtype="float32", device=device, sizes={"r": RANK})
    found = [measure_cell(program, n, range(seeds), settings) for n in widths]
    chosen = [found[0].quantities.index(q) for q in QUANTITIES]
    return np.array([c.sizes[0][..., chosen] for c in found])


def timed(sweep: Sweep, *arguments: object) -> tuple[float, dict[str, Sizes]]:
    start = perf_counter()
    found = {init: sweep(init, *arguments) for init in EXPONENTS}  # type: ignore[arg-type]
    return perf_counter() - start, found


def slopes(sizes: Sizes, widths: list[int]) -> tuple[Sizes, Sizes]:
    """The mean over seeds of the slope of log size, and its standard error: step x quantity, NaN where a size is 0."""
    x = np.log(widths) - np.log(widths).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.tensordot(x / (x @ x), np.log(sizes), 1)
        return each.mean(0), each.std(0, ddof=1) / len(each) ** 0.5


def differences(hand: Sizes, ours: Sizes, widths: list[int]) -> Iterator[tuple[float, float, bool]]:
    """For each step and quantity: difference of slopes, the same in standard errors, and whether the two agree."""
    (a, da), (b, db) = slopes(hand, widths), slopes(ours, widths)
    same_zeros = (hand == 0).all((0, 1)) == (ours == 0).all((0, 1))
    for index in np.ndindex(*a.shape):
        off = abs(a[index] - b[index])
        if np.isfinite(off):
            error = float(np.hypot(da[index], db[index])) + ROUNDING / STANDARD_ERRORS
            yield float(off), float(off / error), bool(off <= STANDARD_ERRORS * error)
        else:
            yield 0.0, 0.0, bool(same_zeros[index])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--widths", type=int, nargs="+", default=[128, 256, 512, 1024, 2048, 4096])
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    device = found_device(chosen.device)
    grid = (chosen.widths, chosen.seeds, chosen.steps, device)
    print(f"torch {torch.__version__}, {device}, {torch.get_num_threads()} threads, float32, Adam, rank {RANK}")
    print(f"Init[A] and Init[B], widths {chosen.widths}, {chosen.seeds} seeds, {chosen.steps} steps")

    for sweep in (by_hand, by_validation):
        timed(sweep, chosen.widths[:1], 2, 1, device)
    rounds = [(timed(by_hand, *grid), timed(by_validation, *grid)) for _ in range(chosen.rounds)]
    hand, ours = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
    print(f"by hand             {hand:9.3f} s")
    print(f"through validation  {ours:9.3f} s")
    each = ", ".join(f"1/{a / b:.0f}" for (a, _), (b, _) in rounds)
    print(f"ratio               1/{statistics.median(a / b for (a, _), (b, _) in rounds):.0f}    (rounds: {each})")

    (_, by), (_, through) = rounds[0]
    rows = [row for init in EXPONENTS for row in differences(by[init], through[init], chosen.widths)]
    agree = all(row[2] for row in rows)
    print(
        f"slopes of {len(rows)} sizes {'agree' if agree else 'DIFFER'}: "
        f"by at most {max(r[0] for r in rows):.3f}, {max(r[1] for r in rows):.1f} standard errors"
    )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
