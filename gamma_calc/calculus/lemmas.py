"""The lemmas of the calculus: one sentence each, with its hypothesis and source. A derivation cites them by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Lemma:
    """A rule on orders: its name, what it says, and where it comes from."""

    name: str
    statement: str
    source: str

    def __str__(self) -> str:
        return self.name


_TP = "law of large numbers / central limit, as in Tensor Programs (Yang, arXiv 2006.14548)"

GIVEN: Final = Lemma("given", "the order the program states for a leaf", "the program")
PRODUCT: Final = Lemma("product", "orders of factors add", "LoRA+ (arXiv 2402.12354), appendix A.2")
SUM: Final = Lemma("sum", "the order of a sum is the largest of its terms, barring exact cancellation", "LoRA+, A.2")
CENTRAL_LIMIT: Final = Lemma("central limit", "independent zero-mean terms over an axis of size N sum to sqrt(N)", _TP)
ADDITIVE_SUM: Final = Lemma("additive sum", "terms assumed to agree in sign sum to N", "arXiv 2505.23194, section 2")
COHERENT: Final = Lemma("coherent sum", "terms that agree in sign over an axis of size N sum to N", _TP)
OVERLAP: Final = Lemma("inherited overlap", "images under one matrix overlap as much as what they are images of", _TP)
RETURN: Final = Lemma(
    "return through the transpose",
    "W (W^T u) has, besides its fresh part, a part along u: the diagonal of W W^T",
    "Tensor Programs III (Yang, arXiv 2009.10685), the correction for a matrix and its transpose",
)
MEAN: Final = Lemma("mean of a factor", "a factor with non-zero mean keeps the other's direction", _TP)
FUNCTION_VALUE: Final = Lemma(
    "size of a function", "an entrywise function has the size that it has at entries of its argument's size", _TP
)
FUNCTION_KEPT: Final = Lemma(
    "slope", "a change of an entrywise function is the change of its argument times a slope", "mean value theorem"
)
FUNCTION_MEAN: Final = Lemma("value at zero", "a function of what is zero is a constant", "the definition")
ORTHOGONAL: Final = Lemma("declared orthogonality", "a product of two factors is zero by construction", "the program")
SIGN_KEPT: Final = Lemma(
    "sign keeps directions",
    "entrywise normalisation keeps every component, divided by the largest",
    "Stein's identity for the sign of a sum whose largest part is random; LoRA+, assumption 1",
)
SIGN_FRESH: Final = Lemma(
    "sign makes a remainder", "what normalisation adds is a fresh direction of order 0", "as above"
)
LENGTH: Final = Lemma(
    "length", "the length of a vector of N entries is its size times sqrt(N)", "the definition of size"
)
QUOTIENT: Final = Lemma(
    "quotient", "x over lengths of rows keeps the directions of x, divided by what each row has", "1/(c + small)"
)
BETWEEN: Final = Lemma("change", "a change is no larger than the larger of the values it lies between", "|a - b|")
GRAM: Final = Lemma(
    "inverse Gram matrix",
    "(F'F)^-1 divides what an update of F made of a vector by the square of that update's length, and what F's random "
    "part made of it by the square of its columns' length",
    "the identity of Sherman and Morrison, docs/explanation",
)
SPECTRUM: Final = Lemma(
    "flat spectrum",
    "the singular values of a product of random matrices are as many as its narrowest axis has entries, of one order",
    "law of large numbers for U'U, and the spectrum of Marchenko and Pastur where axes are of one order",
)
GRAPH: Final = Lemma(
    "pairs of entries",
    "a sum of products of entries of independent matrices is as large as its largest way to pair equal entries",
    "Wick's formula; Mingo and Speicher (arXiv 0909.4277) and Male (arXiv 1111.4662) on graphs of matrices",
)
TRUNCATED: Final = Lemma(
    "long words are noise",
    "a direction with more turns or factors than are told apart is kept as noise, coherent with all noise of its axis",
    "docs/explanation",
)
