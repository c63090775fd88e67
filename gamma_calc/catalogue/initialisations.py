"""Initialisations of a LoRA layer, as data: entry exponents of A (r x n) and B (n x r) in n and r = n^rho.

The exponents are texts in up to three names: ``rho`` of the rank, ``s`` of the multiplier (some starts divide by it)
and ``tau`` of the singular values that the start keeps, where it is made from a decomposition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Exponent, Order, order

UNIT_POWERS: Final = ("0", "0", "0", "0")


@dataclass(frozen=True, slots=True)
class InPeft:
    """What ``init_lora_weights`` of a peft configuration asks for an initialisation.

    ``any_case``: peft takes capitals as well. ``pattern``: other values that mean the same, as a regular expression.
    ``mode``: a configuration of its own, a field of it, and the one value of the field that is this initialisation.
    ``call``: the function without whose call peft starts as with true. ``even``: peft asks for an even rank.
    """

    value: str | bool
    any_case: bool = False
    pattern: str = ""
    mode: tuple[str, str, str] | None = None
    call: str = ""
    even: bool = False

    def means(self, asked: str | bool) -> bool:
        """Is this what a value of ``init_lora_weights`` asks for?

        >>> InPeft("olora", any_case=True).means("OLoRA"), InPeft("pissa").means("PiSSA"), InPeft(True).means(1)
        (True, False, False)
        """
        if isinstance(asked, bool) or isinstance(self.value, bool):
            return asked is self.value
        same = asked.lower() if self.any_case else asked
        return same == self.value or bool(self.pattern and re.fullmatch(self.pattern, asked))


@dataclass(frozen=True, slots=True)
class Initialisation:
    """How both factors start, and all that other rooms need to know of it.

    ``residual``: the frozen weight holds W* - s B0 A0, so the merged weight starts at W*. ``tau``: exponent of the
    singular values that the start keeps, as it is where entries are independent; empty where there are none. ``along``:
    the rows of A span the training sample, so A0 Z is not a random sum. ``orthogonal``: B0 A0 = 0 by construction.
    ``frozen``: the factor that is not trained. ``assumes``: what the exponents rest on, in words. ``peft``: what asks
    for it in a configuration. ``construction``: the numeric side's function that makes it; its name with underscores
    where nothing else is said, "none" where sizes are open. ``logarithm``: powers of log_n(r) in the sizes of A, B, A Z
    and B A, by definition.
    """

    name: str
    a0: str
    b0: str
    statement: str
    source: str
    residual: bool = False
    tau: str = ""
    along: bool = False
    orthogonal: bool = False
    frozen: str = "none"
    assumes: str = ""
    peft: InPeft | None = None
    construction: str = ""
    logarithm: tuple[str, str, str, str] = UNIT_POWERS

    @property
    def constructed_by(self) -> str:
        """The name of the numeric side's function."""
        return self.construction or self.name.replace("-", "_")

    @property
    def independent(self) -> bool:
        """Are both factors trained, and independent random matrices or zero, without a residual?"""
        return not (self.along or self.orthogonal or self.residual) and self.frozen == "none"

    @property
    def adds_at_once(self) -> bool:
        """Is the product of both factors added to the output before anything is trained?"""
        return not (self.residual or self.orthogonal or "-inf" in (self.a0, self.b0))

    @property
    def constructed(self) -> bool:
        """Are the factors made of something, so that independent draws of their orders are not the same thing?"""
        return bool(self.along or self.tau or self.logarithm != UNIT_POWERS or self.frozen != "none")

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a program's notes say beside the statement."""
        return (f"this start assumes: {self.assumes}",) if self.assumes else ()

    def entries(self, *, rho: Exponent = 0, s: Exponent = 0, tau: Exponent | None = None) -> tuple[Order, Order]:
        """The entry exponents of A and B. Raises ProgramError for a ``tau`` where nothing is decomposed.

        >>> INITIALISATIONS["pissa"].entries(tau="1/2")
        (Order('-1/4'), Order('-1/4'))
        """
        if tau is not None and not self.tau:
            raise ProgramError(
                f"initialisation {self.name} keeps no singular values", hint="leave tau out, or name pissa or loftq"
            )
        kept = order(self.tau or 0 if tau is None else tau).substitute({"rho": rho})
        a, b = (order(text).substitute({"tau": kept}).substitute({"rho": rho, "s": s}) for text in (self.a0, self.b0))
        return a, b


_HAYOU = "Hayou, Ghosh, Yu, arXiv 2406.08447, section 3"
_LI = "Li et al., arXiv 2505.23194, section 4"
_PEFT = "Hugging Face peft, LoraLayer.reset_lora_parameters"
_XUE = "Xue, arXiv 2510.03731 and its code"
_FLAT = "tau 0: the kept singular values of W* are of order one, as in independent entries of variance 1/n"
_ON_SAMPLE = "the training sample lies in the span of the rows of A and is spread over them"

INITIALISATIONS: Final[Mapping[str, Initialisation]] = MappingProxyType(
    {
        i.name: i
        for i in (
            Initialisation("A", "-1/2", "-inf", "A random with variance 1/n, B = 0", _HAYOU, construction="normal_a"),
            Initialisation("B", "-inf", "-rho/2", "A = 0, B random with variance 1/r", _HAYOU, construction="normal_b"),
            Initialisation("AB", "-1/2", "-1/2", "both random with variance 1/n", _LI, construction="normal_both"),
            Initialisation(
                "AB+",
                "-1/2",
                "-1/2",
                "both random with variance 1/n; frozen weight W* - s B0 A0",
                _LI,
                residual=True,
                construction="normal_both",
            ),
            Initialisation("general", "a0", "b0", "both random, entries n^a0 and n^b0", _LI, construction="none"),
            Initialisation(
                "default",
                "-1/2",
                "-inf",
                "A uniform on +-1/sqrt(n), B = 0",
                _PEFT,
                peft=InPeft(True),
                construction="uniform_a",
            ),
            Initialisation(
                "gaussian",
                "-rho",
                "-inf",
                "A normal with deviation 1/r whatever the width, B = 0",
                _PEFT,
                peft=InPeft("gaussian", any_case=True),
            ),
            Initialisation(
                "false",
                "-1/2",
                "-rho/2",
                "A uniform on +-1/sqrt(n), B uniform on +-1/sqrt(r)",
                _PEFT,
                peft=InPeft(False),
                construction="uniform_both",
            ),
            Initialisation(
                "orthogonal",
                "0",
                "0",
                "both of deviation 0.07 whatever the width and the rank, on complementary halves of the rank: B A = 0",
                _PEFT,
                orthogonal=True,
                peft=InPeft("orthogonal", even=True),
            ),
            Initialisation(
                "pissa",
                "tau/2 - 1/2 - s/2",
                "tau/2 - 1/2 - s/2",
                "the r largest singular triplets of W*, shared equally; frozen weight W* - s B0 A0",
                "Meng, Wang, Zhang, arXiv 2404.02948",
                residual=True,
                tau="0",
                assumes=f"{_FLAT}; 1/2 where the largest carries the Frobenius norm",
                peft=InPeft("pissa", pattern="pissa_niter_[0-9]+"),
            ),
            Initialisation(
                "milora",
                "tau/2 - 1/2 - s/2",
                "tau/2 - 1/2 - s/2",
                "the r smallest singular triplets of W*, shared equally; frozen weight W* - s B0 A0",
                "Wang et al., arXiv 2406.09044",
                residual=True,
                tau="rho - 1",
                assumes="tau rho - 1: W* is square, so its r smallest singular values are r/n",
            ),
            Initialisation(
                "olora",
                "max(-1/2, 2*tau - 1)",
                "-1/2",
                "Q and R of W* = Q R, cut to rank r; frozen weight W* - s B0 A0",
                "Buyukakyuz, arXiv 2406.01775",
                residual=True,
                tau="0",
                assumes=f"{_FLAT}; a few larger ones, n^tau with tau <= 1/2, add n^(2 tau - 1) to every row of R",
                peft=InPeft("olora", any_case=True),
            ),
            Initialisation(
                "eva",
                "-1/2",
                "-inf",
                "rows of A the leading principal components of the layer's inputs, B = 0",
                "Paischer et al., arXiv 2410.07170",
                along=True,
                peft=InPeft("eva", call="initialize_lora_eva_weights"),
                assumes=_ON_SAMPLE,
            ),
            Initialisation(
                "corda",
                "tau/2 - 1 - s/2",
                "tau/2 - s/2",
                "U S^1/2 and S^1/2 V^T C^-1 of W* C = U S V^T, C the sum of x x^T over about n inputs; frozen weight "
                "W* - s B0 A0",
                "Yang et al., arXiv 2406.05223; Hugging Face peft, corda_method ipm",
                residual=True,
                tau="0",
                assumes="inputs independent of order one, more than n of them and in proportion to n, so that C is of "
                "order n: T inputs move T^1/2 from A to B; tau as of W*",
                peft=InPeft("corda", mode=("corda_config", "corda_method", "ipm")),
            ),
            Initialisation(
                "loftq",
                "tau/2 - 1/2",
                "tau/2 - 1/2",
                "the r largest singular triplets of what quantising W* loses, shared equally; frozen weight quantised",
                "Li et al., arXiv 2310.08659",
                residual=True,
                tau="0",
                assumes="a fixed number of bits: the error has independent entries in proportion to those of W*",
                peft=InPeft("loftq"),
            ),
            Initialisation(
                "lora-ga",
                "-1/4",
                "-1/4",
                "right and left singular vectors of the first gradient times n^(1/4); frozen weight W* - s B0 A0",
                "Wang, Yu, Li, arXiv 2407.05000",
                residual=True,
                along=True,
                assumes=_ON_SAMPLE,
            ),
            Initialisation(
                "lora-ga-peft",
                "-1/2",
                "tau - 1/4",
                "as lora-ga, but A without the factor n^(1/4) and B times the singular values of the gradient",
                "Hugging Face peft, lora_ga with scale stable",
                residual=True,
                tau="0",
                along=True,
                assumes=f"tau 0: a loss averaged over its outputs has a gradient of norm one (a sum: 1); {_ON_SAMPLE}",
                peft=InPeft("lora_ga", mode=("lora_ga_config", "scale", "stable"), call="preprocess_loraga"),
            ),
            Initialisation(
                "lora-one",
                "-1/2",
                "-1/2",
                "singular vectors of minus the first gradient, by the root of their share of the largest",
                "Zhang, Liu, Chen, arXiv 2502.01235",
                along=True,
                assumes=f"the first r singular values of the gradient are of one order; {_ON_SAMPLE}",
            ),
            Initialisation(
                "loram",
                "-1/4 - rho/4",
                "-1/4 - rho/4",
                "both the first r sines of length n, scaled so that B A has log_n(r) of the mean square of W*; frozen "
                "weight W* - s B0 A0",
                "LoRAM, arXiv 2507.06558",
                residual=True,
                assumes="powers only: at fixed rank log_n(r) makes each factor fall by (log n)^(1/4)",
                logarithm=("1/4", "1/4", "1/4", "1/2"),
            ),
            Initialisation(
                "mica",
                "-inf",
                "-1/2",
                "A = 0, B the left singular vectors of the r smallest singular values of W*, frozen",
                "Hugging Face peft, mica",
                peft=InPeft("mica", any_case=True),
                frozen="B",
            ),
            Initialisation(
                "inilora",
                "tau/2 - 1/2",
                "tau/2 - 1/2",
                "the product nearest to W*, found by gradient descent from small factors; frozen weight W* - s B0 A0",
                _XUE,
                residual=True,
                tau="0",
                assumes=f"the descent is run to its end; {_FLAT}",
            ),
            Initialisation(
                "inilora-alpha",
                "0",
                "0",
                "both random with deviation 1/2; frozen weight W* - s B0 A0",
                _XUE,
                residual=True,
            ),
            Initialisation(
                "inilora-beta",
                "-1/2",
                "-rho/2",
                "A random with variance 2/n, B with 2/r; frozen weight W* - s B0 A0",
                _XUE,
                residual=True,
            ),
        )
    }
)
