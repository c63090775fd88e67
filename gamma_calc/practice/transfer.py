"""A learning rate taken from one setting to another, by three principles, with one number recommended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.practice import transfer_reasons as reasons
from gamma_calc.practice.carried_rate import CarriedRate
from gamma_calc.practice.position import Position
from gamma_calc.practice.setting import EXAMPLES, RATES, Setting
from gamma_calc.practice.setting_law import SettingLaw
from gamma_calc.practice.setting_text import Given, as_setting
from gamma_calc.practice.transfer_blocks import blocks, data


class Transfer(SelfShowing, CarriedRate):
    """A known learning rate at another setting. Rates and factors are numbers, laws are exponents.

    ``by`` has the factor of each principle, None where it has none; ``factor`` and ``lr`` are what is recommended,
    None where no number can honestly be given; ``why`` says which and for what reason. Where either side has a rate
    for each factor, a factor is one number for each of the two.

    >>> found = transfer("n=1024 r=8 alpha=16 lr=1e-4", "n=4096")
    >>> found.factor, {name: round(factor, 3) for name, factor in found.by.items()}
    (0.5, {'edge': 0.5, 'step': 1.0, 'descent': 1.0})
    """

    @property
    def why(self) -> str:
        """The reason for the recommended number, or for giving none."""
        return reasons.reason(self)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the numbers rest on."""
        return reasons.assumptions(self)

    def to_json(self) -> str:
        """The whole answer as the command line prints it with ``--format json``."""
        return document("transfer", data(self))

    def blocks(self, dialect: str) -> Iterator[Block]:
        """Everything, the number first."""
        return blocks(self)

    def __repr__(self) -> str:
        return f"<Transfer to {self.target.setting}: lr {self.lr}, factor {self.factor}>"


def transfer(from_: Given, to: Given) -> Transfer:
    """What a learning rate that is good at one setting becomes at another.

    A setting is words ("n=2048 r=8 alpha=16 lr=2e-4"), a mapping, a ``Setting``, or the path of a trainer's file or of
    a saved adapter, with words beside it; what ``to`` leaves out stays as it was. Raises ConfigError and UnknownName,
    with the side in front, for a setting that no run has, and GammaError for one that is not derived.

    >>> print(transfer("n=4096 lr=1e-5 adapter=full", "adapter=lora r=8 alpha=8").lr)
    0.00022627...
    """
    known = _side("from", lambda: _known(as_setting(from_)))
    return Transfer(Position.of(known), _side("to", lambda: _target(known.setting, as_setting(to, with_rates=False))))


def _known(setting: Setting) -> SettingLaw:
    """The law of a setting with its rates. Raises ConfigError where they are not those of what is trained."""
    wanted = [RATES[name] for name in setting.method.rates]
    if list(setting.rates) != list(setting.method.rates):
        given = ", ".join(RATES[name] for name in setting.rates) or "no rate"
        raise ConfigError(
            f"{given} given, and {setting.method.name} has {' and '.join(wanted)}",
            hint="add " + " ".join(f"{name}={EXAMPLES[name]}" for name in wanted),
        )
    return SettingLaw(setting.checked()).checked()


def _target(known: Setting, change: Setting) -> SettingLaw:
    """The law of the setting that is asked about. Raises ConfigError where the change says what is asked."""
    if change.rates:
        given = ", ".join(RATES[name] for name in change.rates)
        raise ConfigError(f"{given} given, and the rate there is what is asked", hint=f"leave {given} out")
    if known.batch is None and change.batch is not None:
        hint = f"add batch={EXAMPLES['batch']} with the number of samples there, or leave batch out"
        raise ConfigError("batch is given here, and not where the rate is known", hint=hint)
    return SettingLaw(known.without_rates().updated(change).checked()).checked()


def _side(name: str, made: Callable[[], SettingLaw]) -> SettingLaw:
    """One side of the question, its name in front of what is wrong."""
    try:
        return made()
    except GammaError as error:
        raise error.at(name) from error
