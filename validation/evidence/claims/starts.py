"""Initialisations by name, as their papers and peft have them: the sizes of both factors and the largest rate."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.checks import Check, Largest, Orders, Same
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED, INILORA, LORA_GA, MAGNITUDE, PEFT
from validation.evidence.measure import Edge, Measurement, Slopes
from validation.evidence.setting import on
from validation.evidence.trial import Constructed, Trial

_IID: Final = "a pretrained weight with independent entries of variance 1/n"
_RESIDUAL: Final = "the frozen weight holds W* - s B0 A0"
_DECLARED: Final = "the sizes of the factors are those that the catalogue declares"
_CLOSE: Final = Fraction(3, 100)
_CLOSEST: Final = Fraction(1, 50)
_RANKS: Final = (2, 4, 8, 16, 32)


def _start(init: str, a0: str, b0: str, edge: str, **options: str) -> tuple[Check, Check]:
    """The entries of both factors, and the largest stable rate."""
    setting = on("lora", init=init, **options)
    return Orders(setting, {"A": a0, "B": b0}, (0,)), Largest(setting, edge)


def _like_b(init: str, a0: str) -> tuple[Measurement, ...]:
    """Entries as constructed; at n^(-1/2) delta1 grows, at 1/n it does not; the edge of what is added to the output."""
    return (
        Constructed(init, {"A": a0, "B": "0"}),
        Slopes(on("lora", "eta=-1/2", init=init), {"delta1": "1/2"}, 1),
        Slopes(on("lora", "eta=-1", init=init), {"delta1": "0"}, 1),
        Edge(on("lora", init=init), "-1"),
    )


CLAIMS: Final = (
    Claim(
        "C11",
        INILORA,
        "code",
        "The fitted start of IniLoRA has the scale of PiSSA, entries n^(-1/2), and takes the same rates.",
        (
            *_start("inilora", "-1/2", "-1/2", "-1/2"),
            Same(on("lora", init="inilora"), on("lora", init="pissa"), ("A", "B", "Z_A", "Z_B"), (0, 1, 2, 3)),
        ),
        (_IID, _RESIDUAL, _DECLARED),
        measurements=(
            Constructed("inilora", {"A": "-1/2", "B": "-1/2"}, widths=(64, 128, 256, 512)),
            Trial("fit_against_decomposition", "squared error over that of PiSSA", "1", "0.01", ("error",)),
            Trial("fit_against_decomposition", "deviation of A over that of PiSSA", "1", "0.1", ("deviation",)),
        ),
    ),
    Claim(
        "C12",
        INILORA,
        "code",
        "IniLoRA-alpha takes learning rates up to 1/n; at n^(-1/2) delta1 grows as n^(1/2).",
        (
            *_start("inilora-alpha", "0", "0", "-1"),
            Orders(on("lora", "eta=-1/2", init="inilora-alpha"), {"delta1": "1/2"}, (1,)),
        ),
        (_RESIDUAL, _DECLARED),
        measurements=_like_b("inilora-alpha", "0"),
    ),
    Claim(
        "C13",
        INILORA,
        "code",
        "IniLoRA-beta takes learning rates up to 1/n, as Init[B] does; at n^(-1/2) delta1 grows as n^(1/2).",
        (
            *_start("inilora-beta", "-1/2", "0", "-1"),
            Orders(on("lora", "eta=-1/2", init="inilora-beta"), {"delta1": "1/2"}, (1,)),
        ),
        (_RESIDUAL, _DECLARED),
        measurements=_like_b("inilora-beta", "-1/2"),
    ),
    Claim(
        "C15",
        PEFT,
        "init_lora_weights orthogonal",
        "The orthogonal start has B A = 0 exactly, entries free of n, and takes learning rates up to 1/n.",
        (*_start("orthogonal", "0", "0", "-1"), Orders(on("lora", init="orthogonal"), {"Z_B": "-inf"}, (0,))),
        ("that B A vanishes is declared by the initialisation", _DECLARED),
        measurements=(
            Constructed("orthogonal", {"A": "0", "B": "0", "B A": "-inf"}, _CLOSE, seeds=64),
            Edge(on("lora", init="orthogonal"), "-1"),
        ),
    ),
    Claim(
        "C16",
        PEFT,
        "init_lora_weights gaussian",
        "With entries of A of deviation 1/r whatever the width, A0 Z is n^(1/2)/r.",
        (Orders(on("lora", init="gaussian", rank="growing"), {"A": "-rho", "Z_A": "1/2 - rho"}, (0,)),),
        (_DECLARED,),
        measurements=(
            Slopes(on("lora", "eta=-1", init="gaussian"), {"Z_A": "1/2"}, 1, _CLOSEST, most_seeds=1024),
            Constructed("gaussian", {"A": "-1", "A Z": "-1"}, _CLOSEST, widths=(1024,), ranks=_RANKS),
        ),
    ),
    Claim(
        "C17",
        PEFT,
        "init_lora_weights pissa",
        "PiSSA has factors of entries n^(-1/2) and takes learning rates up to n^(-1/2).",
        _start("pissa", "-1/2", "-1/2", "-1/2"),
        (_IID, _RESIDUAL, _DECLARED),
        measurements=(Constructed("pissa", {"A": "-1/2", "B": "-1/2"}, _CLOSE, seeds=8),),
    ),
    Claim(
        "C18",
        DERIVED,
        "MiLoRA",
        "MiLoRA has factors of entries r^(1/2)/n.",
        (Orders(on("lora", init="milora", rank="growing"), {"A": "rho/2 - 1", "B": "rho/2 - 1"}, (0,)),),
        (_IID, _RESIDUAL, _DECLARED),
        measurements=(
            Constructed("milora", {"A": "-1", "B": "-1"}, widths=(64, 128, 256, 512), seeds=64),
            Constructed("milora", {"A": "1/2", "B": "1/2"}, widths=(256,), ranks=_RANKS, seeds=64),
        ),
    ),
    Claim(
        "C19",
        DERIVED,
        "OLoRA",
        "OLoRA has factors of entries n^(-1/2), whatever the rank.",
        (Orders(on("lora", init="olora", rank="growing"), {"A": "-1/2", "B": "-1/2"}, (0,)),),
        (_IID, _RESIDUAL, _DECLARED),
        measurements=(
            Constructed("olora", {"A": "-1/2", "B": "-1/2"}, _CLOSEST),
            Constructed("olora", {"A": "0", "B": "0"}, _CLOSEST, widths=(512,), ranks=_RANKS),
        ),
    ),
    Claim(
        "C20",
        DERIVED,
        "PiSSA",
        "Where the leading singular values are n^(1/2), PiSSA has entries n^(-1/4) and takes rates up to n^(-3/4).",
        _start("pissa", "-1/4", "-1/4", "-3/4", tau="1/2"),
        (_RESIDUAL, _DECLARED),
        measurements=(Constructed("pissa", {"A": "-1/4", "B": "-1/4"}, tau="1/2", seeds=8),),
    ),
    Claim(
        "C21",
        LORA_GA,
        "initialisation",
        "LoRA-GA has factors of entries n^(-1/4) and takes learning rates up to n^(-3/4).",
        _start("lora-ga", "-1/4", "-1/4", "-3/4"),
        ("the scale of the paper, not that of peft", _RESIDUAL, _DECLARED),
        measurements=(Constructed("lora-ga", {"A": "-1/4", "B": "-1/4", "B A": "-1/2"}, _CLOSEST),),
    ),
    Claim(
        "C22",
        MAGNITUDE,
        "initialisation",
        "LoRAM has factors of entries n^(-1/4) and takes learning rates up to n^(-3/4).",
        _start("loram", "-1/4", "-1/4", "-3/4"),
        ("up to a logarithm of the rank", _RESIDUAL, _DECLARED),
        measurements=(Constructed("loram", {"A": "-1/4", "B": "-1/4"}),),
    ),
)
