"""A learning rate for every group of parameters that a configuration file trains."""

from __future__ import annotations

from pathlib import Path

from gamma_calc.errors import GammaError
from gamma_calc.frontends.reading import read_adapter
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.practice.config_groups import config_groups, usual_setting
from gamma_calc.practice.known import number_text, read_known
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.rates import RateTable, optimiser_named, rate_table
from gamma_calc.practice.roles import Training


@either_spelling
def rates(
    path: Path | str,
    *,
    width: int,
    lr: object,
    known: str = "",
    optimiser: str = "adamw",
    two_rates: bool = False,
) -> RateTable:
    """The rates of all that a file trains, from one that is known to be good for its adapters.

    Args:
        path: a configuration of peft or of a trainer that ``audit`` reads, or the folder of a saved adapter.
        width: the number of features that enter the adapted layers.
        lr: the known rate.
        known: where it was good, as in "n=1024 r=8", and rates of other groups, as in "lr_norm=1e-3"; what it leaves
            out is as the file has it.
        optimiser: adamw, sgd, muon or another of the catalogue, also by a trainer's name for it.
        two_rates: a rate for A and one for B (LoRA+), in the ratio that is derived for the start.

    Raises:
        GammaError: a file that cannot be read, a number that no layer has, an adapter or optimiser without such rates.

    >>> print(rates("examples/adapter_config.json", width=4096, lr="2e-4", known="n=1024").rates[0].rate.__round__(6))
    0.000100
    """
    rate, rule = positive("lr", number_text(lr)), optimiser_named(optimiser)
    config = read_adapter(path).config
    training = Training(config.init or "default", rule, two_rates)
    notes = (f"the width {width} is for every layer; gamma_calc.param_groups reads each layer's own from a model",)
    try:
        there = read_known(known, usual_setting(config, width))
        return rate_table(config_groups(config, width), rate, there, training, optimiser=optimiser, notes=notes)
    except GammaError as error:
        raise error if error.where else error.at(str(config.path)) from error
