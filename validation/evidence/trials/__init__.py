"""Small experiments that end in one number: exact identities, closed forms, constants, times."""

from validation.evidence.trials.closed_forms import closed_forms
from validation.evidence.trials.exact import merged_start, same_network, same_run, sum_of_parts
from validation.evidence.trials.found import Found
from validation.evidence.trials.magnitude import growth_of_the_product
from validation.evidence.trials.starts import fit_against_decomposition, start_slopes
from validation.evidence.trials.toy import steps_to_escape

__all__ = [
    "Found",
    "closed_forms",
    "fit_against_decomposition",
    "growth_of_the_product",
    "merged_start",
    "same_network",
    "same_run",
    "start_slopes",
    "steps_to_escape",
    "sum_of_parts",
]
