"""CPU time of a first answer and of the next one, each as a share of what `import sympy` costs.

Both sides of a ratio are measured in the same round, so the ratios mean the same on a slow and on a fast machine.
"""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 7
# As for a user: byte code is written in the first round and read in the others.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
IMPORT_SYMPY = [sys.executable, "-c", "import sympy"]
COMMAND = [str(Path(sys.executable).with_name("gamma-calc")), "derive"]

# Another program goes first: it loads the solver, and no answer can be remembered from it.
WARM = """
from time import process_time
from gamma_calc import derive, lora

def answer(init):
    return str(derive(lora(init=init)).conditions)

answer("B")
start = process_time()
answer("A")
print(process_time() - start)
"""


def whole_process(command: list[str]) -> float:
    """CPU seconds of a process, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm_derive() -> float:
    """CPU seconds of deriving Init[A] in a process that has derived Init[B] before."""
    run = subprocess.run([sys.executable, "-c", WARM], check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return float(run.stdout)


def one_round() -> tuple[float, float, float]:
    return whole_process(IMPORT_SYMPY), whole_process(COMMAND), warm_derive()


def report(name: str, seconds: tuple[float, ...], sympy: tuple[float, ...]) -> None:
    ratio = statistics.median(one / other for one, other in zip(seconds, sympy, strict=True))
    print(f"{name:<28} {1000 * statistics.median(seconds):8.1f} ms CPU {ratio:8.3f} x import sympy")


def main() -> None:
    one_round()  # the first one also writes byte code
    sympy, command, warm = zip(*(one_round() for _ in range(ROUNDS)), strict=True)
    report("import sympy", sympy, sympy)
    report("gamma-calc derive", command, sympy)
    report("derive Init[A], warm", warm, sympy)


if __name__ == "__main__":
    main()
