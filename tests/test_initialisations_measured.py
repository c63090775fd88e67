"""Every start in numbers: the slopes of the entries of A, B, A Z and B A over widths and ranks are the derived ones."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import Any

import pytest

from gamma_calc import Order, lora, order
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.errors import UnknownName
from gamma_calc.exponents import MINUS_INFINITY
from gamma_calc.language.leaves import Leaf

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

from validation.initialisations import CONSTRUCTIONS, Layer, construct  # noqa: E402
from validation.initialisations.fitted import HALVINGS, LOOK, fit  # noqa: E402
from validation.statistics.slope import Points, line  # noqa: E402 - after the check that torch is there

QUANTITIES = ("A", "B", "A Z", "B A")
RANK = 4
RANKS = (2, 4, 8, 16, 32)
SEEDS = tuple(range(16))
MEASURED = sorted(CONSTRUCTIONS)
WIDER = {"milora": 0.1}  # added to a tolerance: the smallest singular values vary by as much as they are
DECOMPOSED = ("corda", "inilora", "loftq", "mica", "milora", "olora", "pissa")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Many small matrices: threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def derived(name: str, **options: str) -> dict[str, Order]:
    """Exponents at the start, from the program itself."""
    program = lora(name, **options)  # type: ignore[arg-type]
    leaf = {node.name: node for node in program.nodes if isinstance(node, Leaf)}
    here = Evaluation(program, start(program))
    nodes = (leaf["A"], leaf["B"], leaf["A"] @ leaf["Z"], leaf["B"] @ leaf["A"])
    return {q: here.value(node).order for q, node in zip(QUANTITIES, nodes, strict=True)}


@lru_cache(maxsize=5)  # points of one slope: the weights of more would be much memory
def layer(width: int, rank: int, tau: float = 0) -> Layer:
    return Layer(width, rank, SEEDS, tau=tau)


def sizes(name: str, one: Layer) -> dict[str, Any]:
    """Root mean squares for each seed; Z are the training inputs where the start speaks of them, else other ones."""
    a, b = construct(name, one)
    Z = one.inputs if INITIALISATIONS[name].along else one.normal("others", 64, one.width)
    found = (a, b, a @ Z.mT, b @ a)
    return {q: x.square().mean((1, 2)).sqrt().numpy() for q, x in zip(QUANTITIES, found, strict=True)}


def without_logarithm(name: str, one: Layer) -> dict[str, Any]:
    """loram has log_n(r) in it by definition; the derived exponents speak of powers."""
    share = log(one.rank) / log(one.width) if name == "loram" else 1
    powers = {"A": 0.25, "B": 0.25, "A Z": 0.25, "B A": 0.5}
    return {q: x / share ** powers[q] for q, x in sizes(name, one).items()}


def check(axis: Sequence[int], found: Sequence[Mapping[str, Any]], expected: Mapping[str, Order], off: float) -> None:
    """The whole interval of each slope lies within ``off`` of the exponent; what is zero is zero."""
    for q, exponent in expected.items():
        measured = [np.asarray(point[q]) for point in found]
        if exponent.is_zero_quantity:
            assert max(x.max() for x in measured) < 1e-14, q
            continue
        fitted = line(points := Points.of(axis, measured))
        slip = abs(fitted.slope - float(exponent.rational)) + points.quantile * fitted.error
        assert slip < off, f"{q}: slope {fitted.slope:.3f} +- {points.quantile * fitted.error:.3f}, derived {exponent}"


@pytest.mark.parametrize("name", MEASURED)
def test_slopes_in_the_width(name: str) -> None:
    widths = (64, 128, 192, 256) if name in DECOMPOSED else (128, 256, 512, 1024)
    check(widths, [without_logarithm(name, layer(n, RANK)) for n in widths], derived(name), 0.12 + WIDER.get(name, 0))


@pytest.mark.long
@pytest.mark.parametrize("name", DECOMPOSED)
def test_slopes_in_the_width_further_up(name: str) -> None:
    widths = (128, 256, 512, 1024)
    check(widths, [without_logarithm(name, layer(n, RANK)) for n in widths], derived(name), 0.09 + WIDER.get(name, 0))


@pytest.mark.parametrize("name", MEASURED)
def test_slopes_in_the_rank(name: str) -> None:
    """At one width: the derived exponent at rho = 1 less that at rho = 0."""
    entries = [INITIALISATIONS[name].entries(rho=rho) for rho in (0, 1)]
    expected = {
        q: MINUS_INFINITY if one.is_zero_quantity else one - none for q, none, one in zip("AB", *entries, strict=True)
    }
    width = 256 if name in DECOMPOSED else 1024
    check(RANKS, [without_logarithm(name, layer(width, r)) for r in RANKS], expected, 0.12 + WIDER.get(name, 0))


@pytest.mark.parametrize("name", ["pissa", "olora"])
def test_slopes_with_large_singular_values(name: str) -> None:
    widths = (64, 128, 192, 256)
    check(widths, [sizes(name, layer(n, RANK, 0.5)) for n in widths], derived(name, tau="1/2"), 0.12)


def test_a_wrong_exponent_is_seen() -> None:
    widths = (128, 256, 512, 1024)
    found = [sizes("A", layer(n, RANK)) for n in widths]
    with pytest.raises(AssertionError, match=r"^A: slope -0\.(49|50)"):
        check(widths, found, {"A": order("-1/4")}, 0.12)
    with pytest.raises(AssertionError, match=r"^A"):
        check(widths, found, {"A": MINUS_INFINITY}, 0.12)


def test_every_start_but_the_open_one_has_a_construction() -> None:
    assert set(INITIALISATIONS) - set(CONSTRUCTIONS) == {"general"}
    with pytest.raises(UnknownName, match=r"unknown initialisation 'pisssa'; did you mean pissa\?"):
        construct("pisssa", layer(64, RANK))


@pytest.mark.parametrize("name", ["pissa", "milora", "corda"])
def test_the_multiplier_is_divided_out(name: str) -> None:
    plain, scaled = (construct(name, Layer(64, RANK, SEEDS, s)) for s in (1, 4))
    for one, other in zip(plain, scaled, strict=True):
        assert torch.allclose(one, 2 * other, atol=1e-9)


def test_a_singular_value_decomposition_is_the_nearest_product() -> None:
    one = layer(64, RANK)
    a, b = construct("pissa", one)
    lost = (one.weight - b @ a).square().sum((1, 2))
    assert torch.allclose(lost, one.triplets[1][:, RANK:].square().sum(1))


# -- the fit of IniLoRA --------------------------------------------------------------------------------------------


def test_the_fit_reaches_the_truncated_decomposition() -> None:
    """Within 1 % of its error, with factors of the same size; a quarter of the square is there to be caught."""
    one = layer(128, 8)
    looks: list[tuple[int, float]] = []
    found = fit(
        one.weight, one.normal("A", 8, 128) / 128**0.5, one.normal("B", 128, 8) / 128**0.5, lambda *x: looks.append(x)
    )
    best = one.triplets[1][:, 8:].square().sum(1)
    assert float((found.error / best).max()) < 1.01
    assert found.steps == LOOK * len(looks) < 20_000
    assert len(looks) > HALVINGS
    assert looks[-1][1] < looks[0][1]
    for mine, theirs in zip((found.a, found.b), construct("pissa", one), strict=True):
        assert float((mine.square().mean() / theirs.square().mean()).sqrt()) == pytest.approx(1, abs=0.1)


def test_each_seed_of_a_fit_is_as_good_as_alone() -> None:
    """The batch shares the rate and the plateau, and each seed still comes to its own best product."""
    together, alone = layer(64, RANK), Layer(64, RANK, SEEDS[:1])
    (a, b), (a1, b1) = construct("inilora", together), construct("inilora", alone)
    first, second = ((one.weight[0] - y[0] @ x[0]).square().sum() for one, x, y in ((together, a, b), (alone, a1, b1)))
    assert float(first / second) == pytest.approx(1, abs=1e-3)
