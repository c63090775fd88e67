"""Rates as a few lines of Python for a trainer: nothing of this package is needed where they run."""

from __future__ import annotations

from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.practice.rates import RateTable, optimiser_named

CODE: Final = """\
# {title}
import re

RATES = [  # patterns of parameter names, and their learning rates; the first that matches counts
{rates}
]


def param_groups(model):
    groups = {{}}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = next((rate for pattern, rate in RATES if re.fullmatch(pattern, name)), None)
            if rate is None:
                raise LookupError(f"no rate for {{name}}: add a line to RATES")
            groups.setdefault(rate, []).append(parameter)
    return [{{"params": parameters, "lr": rate}} for rate, parameters in groups.items()]


# transformers.Trainer(model, arguments, ..., optimizers=({optimiser}(param_groups(model)), None))
"""
CLASSES: Final = {
    "adamw": "torch.optim.AdamW",
    "adam": "torch.optim.Adam",
    "sgd": "torch.optim.SGD",
    "muon": "torch.optim.Muon",
    "lion": "Lion",
    "sign": "SignDescent",
}


def snippet(table: RateTable) -> str:
    """The code: patterns with rates, a function that makes parameter groups of them, and the line that uses it."""
    lines = (
        f'    (r"{rate.group.match}", {short(rate.rate)}),  # {rate.group.name}: {rate.law}'
        for rate in table.rates
        if rate.rate is not None
    )
    title = f"learning rates at {table.rates[0].group.numbers}, from {short(table.lr)} at {table.known.numbers}"
    return CODE.format(title=title, rates="\n".join(lines), optimiser=_class(table.optimiser))


def _class(name: str) -> str:
    """The class behind a trainer's name of an optimiser; decay is left in where the name has it."""
    rule = "adamw" if "adamw" in name.lower() else optimiser_named(name)
    return CLASSES.get(rule, rule.title().replace("-", ""))
