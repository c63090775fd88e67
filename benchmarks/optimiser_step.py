"""What a simulated step costs beside torch's own kernels on as many parameters, as ratios from one run.

A step is taken on both factors of a LoRA layer for several seeds at once. "Update" is what ``step()`` of an optimiser
is, from the gradient to the new parameters, here with each update kept for the measurement, or of A's, where it is
written out, the one product that the measurement asks for. "Whole step" also passes forward and backward and computes
delta1, delta2 and delta3. The copy is one array of parameters onto another.

Adam has an epsilon. With one sample and a linear loss a factor of each gradient never changes, and Adam's means are
kept of the other factor alone. With a squared error this is so for A, and B's means are kept whole.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping
from itertools import count
from time import perf_counter

import torch

from gamma_calc import lora
from gamma_calc.language.program import Program
from gamma_calc.optimisers.adam import adam
from validation.arrays.draws import Draws
from validation.executor.execute import TrainingRun
from validation.executor.plan import Plan
from validation.executor.settings import DEVICES, found_device

RANK = 8
EPSILON = "-2"  # an exponent
WARM = 2  # the first rounds set up what is kept from step to step
Action = Callable[[], object]
TARGETS = (  # what, beside what, at most how many times
    ("adam update", "torch.optim.Adam(fused=True).step()", 2),
    ("adam whole step", "torch.optim.Adam(fused=True).step()", 2),
    ("adam update, squared error", "torch.optim.Adam(fused=True).step()", 2),
    ("adam whole step, squared error", "torch.optim.Adam(fused=True).step()", 2),
    ("sign update", "in-place add", 1),
    ("sign whole step", "in-place add", 2),
)


def simulated(program: Program, width: int, seeds: int, device: torch.device) -> TrainingRun:
    draws = Draws("benchmark", width, tuple(range(seeds)), 1, torch.float32, device)
    return TrainingRun(Plan(program, width, {"r": RANK}), draws, torch.ones(seeds, device=device))


def programs() -> Mapping[str, Program]:
    one_sample = lora(init="A", optimiser="sign").substitute({"eta": "-1/2"})
    squared = lora(init="A", loss="vector").substitute({"eta": "-1/2"})
    return {
        "adam": one_sample.replaced(optimiser=adam(EPSILON)),
        "adam squared": squared.replaced(optimiser=adam(EPSILON)),
        "sign": one_sample,
    }


def whole_step(run: TrainingRun) -> Action:
    steps = count(1)
    return lambda: run.take_step(next(steps))


def update(run: TrainingRun) -> Action:
    """The parameters move, the gradients stay what they are."""
    steps = count(1)

    def act() -> None:
        run.update(next(steps))
        run.apply()

    return act


def actions(width: int, seeds: int, device: torch.device) -> Mapping[str, Action]:
    shapes = [(seeds, RANK, width), (seeds, width, RANK)]
    ours, others = ([torch.randn(shape, device=device) for shape in shapes] for _ in range(2))
    with torch.inference_mode(False):
        parameters = [torch.nn.Parameter(torch.zeros(shape, device=device)) for shape in shapes]
        for p in parameters:
            p.grad = torch.randn_like(p)
        fused = torch.optim.Adam(parameters, fused=True)
    kinds = programs()

    def run(kind: str) -> TrainingRun:
        return simulated(kinds[kind], width, seeds, device)

    return {
        "copy": lambda: [x.copy_(y) for x, y in zip(ours, others, strict=True)],
        "in-place add": lambda: [x.add_(y) for x, y in zip(ours, others, strict=True)],
        "torch.optim.Adam(fused=True).step()": fused.step,
        "adam update": update(run("adam")),
        "adam whole step": whole_step(run("adam")),
        "adam update, squared error": update(run("adam squared")),
        "adam whole step, squared error": whole_step(run("adam squared")),
        "sign update": update(run("sign")),
        "sign whole step": whole_step(run("sign")),
    }


def seconds(action: Action, device: torch.device) -> float:
    start = perf_counter()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--width", type=int, default=2**17)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    device = torch.device(found_device(chosen.device))
    one = chosen.width * RANK * chosen.seeds
    print(f"torch {torch.__version__}, {device}, {torch.get_num_threads()} threads, float32")
    print(f"width {chosen.width}, rank {RANK}, {chosen.seeds} seeds: {one} = 2^{one.bit_length() - 1} entries a factor")

    with torch.inference_mode():
        named = actions(chosen.width, chosen.seeds, device)
        for _ in range(WARM):
            for act in named.values():
                seconds(act, device)
        rounds = [{name: seconds(act, device) for name, act in named.items()} for _ in range(chosen.rounds)]
    copied = statistics.median(r["copy"] for r in rounds)
    bandwidth = 2 * 2 * one * 4 / copied  # two factors, read and written, four bytes each
    for name in named:
        took = statistics.median(r[name] for r in rounds)
        times = statistics.median(r[name] / r["copy"] for r in rounds)
        print(f"{name:<36} {1000 * took:9.2f} ms  {times:6.2f} x copy")
    print(f"copy bandwidth {bandwidth / 1e9:.1f} GB/s")
    for name, beside, most in TARGETS:
        ratio = statistics.median(r[name] / r[beside] for r in rounds)
        print(f"{name} / {beside}: {ratio:.2f} (at most {most}: {'yes' if ratio <= most else 'no'})")


if __name__ == "__main__":
    main()
