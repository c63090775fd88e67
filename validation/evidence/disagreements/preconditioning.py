"""Riemannian preconditioning of LoRA in two orders."""

from __future__ import annotations

from typing import Final

from validation.evidence.checks import Largest, Where
from validation.evidence.claim import Claim, Source
from validation.evidence.claims.sources import PEFT
from validation.evidence.disagreements.disagreement import Disagreement
from validation.evidence.measure import Edge
from validation.evidence.setting import ProgramSetting, on

_SOURCE: Final = Source(
    "Zhang, Pilanci", 2024, "Riemannian Preconditioned LoRA for Fine-Tuning Foundation Models", "2402.02347"
)


def _both_random(optimiser: str) -> ProgramSetting:
    """Entries of variance 1/n in A and 1 in B, so that A Z and B are of order one."""
    return on("lora", init="AB+", b0="0", optimiser=optimiser)


RIEMANNIAN: Final = Disagreement(
    "riemannian",
    "Does a Riemannian preconditioner let one rate serve both factors?",
    (
        Claim(
            "riemannian-1",
            _SOURCE,
            "theorem 4.1",
            "With each step preconditioned by the other factor, one rate of order one is stable and efficient.",
            (
                Largest(_both_random("sign-riemannian"), "0"),
                Where(_both_random("sign-riemannian"), "eta = 0", ("efficient",)),
            ),
            ("no damping; the step of the optimiser is preconditioned: first the sign, then the preconditioner",),
            measurements=(Edge(_both_random("sign-riemannian"), "0"),),
        ),
        Claim(
            "riemannian-2",
            PEFT,
            "create_riemannian_optimizer; the authors' code does the same",
            "The gradient is preconditioned and handed to AdamW: the rates are those of Adam without it.",
            (
                Largest(_both_random("riemannian-adam"), "-1"),
                Largest(_both_random("adam"), "-1"),
                Largest(on("lora", init="A", optimiser="riemannian-adam"), "-1/2"),
                Largest(on("lora", init="A", optimiser="adam"), "-1/2"),
            ),
            ("no damping, and Adam without an epsilon: Adam divides out what the preconditioner has multiplied in",),
            measurements=(Edge(_both_random("riemannian-adam"), "-1"),),
        ),
    ),
    "Only in one order of the two. After the sign, the preconditioner gains a factor n over Adam and both factors "
    "learn at one rate; before Adam, it changes no exponent.",
)
