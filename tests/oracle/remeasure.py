"""Measure every case anew and write down slopes and intervals: ``PYTHONPATH=tests python -m oracle.remeasure``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from oracle.cases import CASES, Case
from oracle.simulator import runs
from oracle.slopes import Key, Slope, slopes

RECORD = Path(__file__).with_name("measured.json")
Recorded = dict[str, dict[str, tuple[float, float]]]


def measure(case: Case) -> dict[Key, Slope]:
    options = {"seeds": case.seeds, "steps": case.steps, "sizes": case.sizes}
    found = slopes(dict(runs(case.fixed, case.widths, **options)))
    return {key: found[key] for key in case.truth}


def recorded() -> Recorded:
    found: Recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return found


def main(wanted: str = "") -> None:
    known = recorded()
    for case in CASES:
        if wanted in case.name and (wanted or case.name not in known):
            found = {f"{q} {t}": (round(s.value, 3), round(s.half_width, 3)) for (q, t), s in measure(case).items()}
            known[case.name] = found
            sys.stdout.write(f"{case.name}: {found}, right {dict(case.truth)}\n")
            sys.stdout.flush()
    kept = {case.name: known[case.name] for case in CASES if case.name in known}  # others are new, and not wanted yet
    RECORD.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
