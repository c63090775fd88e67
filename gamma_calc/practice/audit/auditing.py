"""One call from a path to an audit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Final

from gamma_calc.errors import GammaError, require, require_count
from gamma_calc.frontends.adapter_file import AdapterFile
from gamma_calc.frontends.reading import read_adapter
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.inventory import EMBEDDING, Inventory
from gamma_calc.practice.audit.result import Audit, audit_of
from gamma_calc.practice.audit.rules import RULES
from gamma_calc.practice.audit.sizes import saved_sizes
from gamma_calc.practice.known import number_text
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.rates import optimiser_named

ROLES_OF: Final = {"embedding": "embedding", "head": "head", "embedding adapter": EMBEDDING}
Number = Decimal | float | str
MOST_FEATURES: Final = 10**9


@either_spelling
def audit(
    path: Path | str,
    *,
    lr: Number | None = None,
    width: int | None = None,
    optimiser: str | None = None,
    ratio: Number | None = None,
    sizes: bool = False,
    strict: bool = False,
) -> Audit:
    """What a configuration or a folder of saved weights trains, the largest rates of it, and what works against it.

    ``lr`` is the learning rate as a number, ``ratio`` LoRA+'s rate of B over that of A; where they are left out, what
    the file says counts. ``width`` is the number of features that enter a layer; shapes of saved weights take its
    place. ``sizes`` reads the weights too; ``strict`` makes warnings errors. Source of the laws: the derivation of each
    role's program (``gamma_calc.practice.roles``). Raises ConfigError for a file that is no adapter's, UnknownName for
    an optimiser.

    >>> found = audit("examples/adapter_config.json", lr=2e-4, width=4096)
    >>> print(found.rows[0].largest_law, found.failed)
    n^-1/2 r^-1/2 s^-1/2 False
    """
    _check_kinds(width, optimiser, sizes, strict)
    file = read_adapter(path)
    try:
        case = AuditCase(_inventory(file, lr, width, optimiser, ratio))
        findings = (one for rule in RULES for one in rule.findings(case))
        found = audit_of(case, findings, saved_sizes(case.inventory, needed=sizes))
    except GammaError as error:
        raise error if error.where.startswith("-") else error.at(str(file.path)) from error
    return found.strict if strict else found


def _check_kinds(width: object, optimiser: object, sizes: object, strict: object) -> None:
    if width is not None:
        require_count(width, "features that enter a layer", least=2, most=MOST_FEATURES)
    require(optimiser, str | NoneType, "name of an optimiser", "write one such as 'adamw'")
    require(sizes, bool, "truth value", "write sizes=True to read the weights too")
    require(strict, bool, "truth value", "write strict=True to make warnings errors")


def _inventory(
    file: AdapterFile, lr: Number | None, width: int | None, optimiser: str | None, ratio: Number | None
) -> Inventory:
    trainer = file.trainer
    rate = _number("--lr", lr) or _number(file.word("learning_rate"), trainer.rate)
    share = _number("--ratio", ratio) or _number(file.word("loraplus_lr_ratio"), trainer.ratio)
    name = optimiser_named(optimiser or trainer.optimiser or "adamw")
    own = {ROLES_OF[what]: positive(f"the rate of an {what}", str(rate)) for what, rate in trainer.own_rates.items()}
    return Inventory(file, name, width, rate, share, own)


def _number(name: str, value: object) -> Decimal | None:
    return None if value is None else positive(name, number_text(value))
