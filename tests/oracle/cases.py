"""Programs whose orders were once derived wrongly, each for its kind, with the right values and what measured them.

``truth`` holds the right exponents of quantities at steps; ``measured.json`` what the oracle found for them, slope and
half width of its interval (``python tests/oracle/remeasure.py`` measures all anew).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gamma_calc import Dim, Program, data, frozen, given, iid, lora, mlp, output, parameter, zero
from gamma_calc.catalogue.abc_parametrisations import abc
from gamma_calc.catalogue.vera import vera
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import other
from gamma_calc.operations import relu, tanh
from gamma_calc.operations.sign import sign
from gamma_calc.optimisers import OPTIMISERS
from oracle import rules

Key = tuple[str, int]

n, r, d = Dim("n", 1), Dim("r", 0), Dim("d", 0)
VECTORS = (256, 1024, 4096, 16384, 65536)
MATRICES = (128, 256, 512, 1024)
QUICK: Mapping[str, Any] = {"widths": VECTORS[:-1], "seeds": 512}
LONG: Mapping[str, Any] = {"widths": VECTORS, "seeds": 256}
SQUARE: Mapping[str, Any] = {"widths": (32, 64, 128, 256), "seeds": 640}
TALL: Mapping[str, Any] = {"widths": (64, 256, 1024, 4096), "seeds": 64, "sizes": {"m": 1}}
MANY: Mapping[str, Any] = {**SQUARE, "seeds": 2560}
SHORT: Mapping[str, Any] = {"widths": (81, 256, 625, 1296), "seeds": 256, "sizes": {"m": 1, "k": 1, "d": 9}}
RANKED: Mapping[str, Any] = {"widths": (256, 1296, 4096, 20736), "seeds": 96, "sizes": {"r": 1}}
TURNED: Mapping[str, Any] = {**TALL, "widths": (64, 128, 256, 512, 1024), "seeds": 512}
DEEP: Mapping[str, Any] = {"widths": (64, 128, 256, 512), "seeds": 256, "sizes": {"d": 2}}
LAYER: Mapping[str, Any] = {**SQUARE, "sizes": {"r": 8}}
FEW: Mapping[str, Any] = {**SQUARE, "sizes": {"r": 2}}


@dataclass(frozen=True)
class Case:
    """A program at a point, and the right exponents there."""

    name: str
    program: Program
    truth: Mapping[Key, str]
    at: Mapping[str, str] = field(default_factory=dict)
    widths: tuple[int, ...] = MATRICES
    seeds: int = 96
    sizes: Mapping[str, int] = field(default_factory=lambda: {"r": 24, "d": 24})  # many entries, little noise

    @property
    def steps(self) -> int:
        return max(step for _, step in self.truth)

    @property
    def fixed(self) -> Program:
        return self.program.substitute(self.at) if self.at else self.program

    def __str__(self) -> str:
        return self.name


def words_return(optimiser: str = "sgd") -> Program:
    """An adapter at two places: zt = n^eta (A's update) U'(U q), and U'U brings q back though q has turned already."""
    x = data("x", n)
    U, V, W = frozen("U", n, n), frozen("V", n, n), frozen("W", n, n)
    A = parameter("A", r, n, init=zero, rate="eta")
    q = V.T @ (W @ x)
    t = U.T @ (U @ q)
    loss = -(data("u", r) @ (A @ q))
    return Program("one adapter at two places", loss, OPTIMISERS[optimiser], [output("zt", A @ t)])


def words_repeat() -> Program:
    """A word that turns three times through one matrix: (W'W)(W'W) x has x in it."""
    x = data("x", n)
    W = frozen("W", n, n)
    A = parameter("A", r, n, init=zero, rate="eta")
    t = W.T @ (W @ (W.T @ (W @ x)))
    loss = -(data("u", r) @ (A @ x))
    return Program("a word that turns three times", loss, OPTIMISERS["sgd"], [output("zt", A @ t)])


def words_over_two() -> Program:
    """W'V'V W x: an inner pair returns, then the outer pair does."""
    x = data("x", n)
    V, W = frozen("V", n, n), frozen("W", n, n)
    A = parameter("A", r, n, init=zero, rate="eta")
    t = W.T @ (V.T @ (V @ (W @ x)))
    return Program("a word inside a word", -(data("u", r) @ (A @ x)), OPTIMISERS["sgd"], [output("zt", A @ t)])


def hermite(first: Expression, second: Expression, name: str) -> Program:
    """A readout trained on one entrywise function and read on another."""
    c = parameter("c", n, init=zero, rate="0")
    f, g = n**-1 * (c @ first), n**-1 * (c @ second)
    return Program(name, -f, OPTIMISERS["sgd"], [output("f", f), output("g", g)])


def saturated(optimiser: str = "sgd") -> Program:
    """A layer of large entries under tanh: entries at which it still bends are few, and the same ones both ways."""
    W = parameter("W", n, n, init=iid(0), rate="eta")
    h = W @ data("x", n)
    f = n ** "-1/2" * (data("v", n) @ tanh(h))
    return Program("saturated", -f, OPTIMISERS[optimiser], [output("f", f)])


def two_readouts(optimiser: str) -> Program:
    """The larger part of the gradient is exactly zero on a mask; there the smaller decides the sign."""
    W = parameter("W", n, d, init=iid(0), rate="0")
    h = W @ data("x", d)
    v, u = data("v", n), data("u", n)
    g = n**-1 * (u @ h)
    loss = -(v @ relu(h)) - n ** "-1/2" * (u @ h)
    return Program("two readouts", loss, OPTIMISERS[optimiser], [output("h", h), output("g", g)])


def shifted_even() -> Program:
    """tanh' of something with a mean is along it."""
    u = parameter("u", n, init=iid(0), rate="-1/2")
    loss = -(relu(data("s", n)) @ tanh(u + relu(data("c", n))))
    return Program("an even function of a mean", loss, OPTIMISERS["sgd"], [output("g", n**-1 * (u @ u))])


def product_of(factors: int, inside: int) -> Program:
    """A product of several vectors, some of them at once and the rest afterwards: one thing however it is written."""
    us = [data(f"u{i}", n) for i in range(factors)]
    one: Expression = us[0]
    two: Expression = us[inside]
    late: Expression = us[0]
    for u in us[1:]:
        one = one * u
    for u in us[inside + 1 :]:
        two = two * u
    for u in us[1:inside]:
        late = late * u
    return hermite(one, two * late, f"a product of {factors}")


def inherited() -> Program:
    """q = W'(W x) is partly along x, and so is q * y along x * y."""
    x, y, W = data("x", n), data("y", n), frozen("W", n, n)
    return hermite(x * y, (W.T @ (W @ x)) * y, "products of what overlaps")


def gram() -> Program:
    """B'B of independent entries n^-1/2: its diagonal is of order 0."""
    B = parameter("B", n, r, init=iid("-1/2"), rate="-1")
    loss = -(data("v", n) @ (B @ data("a", r)))
    return Program("a Gram matrix", loss, OPTIMISERS["sgd"], [other("G", B.T @ B), output("y", B @ data("b", r))])


def undone() -> Program:
    """The change of a bounded function is bounded, however large its argument's."""
    u = parameter("u", n, init=iid(0), rate="1/2")
    a = tanh(u)
    return Program("a bounded function", -(data("v", n) @ a), OPTIMISERS["sgd"], [output("a", a)])


def both_random(rate: str) -> Program:
    """Both factors random and their product outgrown by steps: the Gram matrices read the random parts."""
    return lora("general", a0="-1/2", b0="-1/2", optimiser="sign-riemannian").substitute({"eta": rate})


def masks() -> Program:
    """A relu twice: relu(h) and its mask share their set, forward and backward."""
    W = parameter("W", n, d, init=iid(0), rate="-1/2")
    h = W @ data("x", d)
    v = data("v", n)
    loss = -(v @ relu(h))
    return Program("masks", loss, OPTIMISERS["sgd"], [output("g", n**-1 * (v @ relu(h))), output("h", h)])


def at_zero() -> Program:
    """tanh of something that starts at zero: its slope there is one."""
    u = parameter("u", n, init=zero, rate="-1/2")
    a = tanh(u)
    return Program("tanh at zero", -(data("v", n) @ a), OPTIMISERS["sgd"], [output("a", a)])


def started() -> Program:
    """A start given by data that the loss meets again."""
    x, W = data("x", n), frozen("W", n, n)
    a = parameter("a", n, init=given(W.T @ (W @ x)), rate="-1")
    return Program("a given start", -(n**-1 * (a @ x)), OPTIMISERS["sgd"], [output("f", n**-1 * (a @ x))])


def words_across() -> Program:
    """W'V U' U V' W x: every matrix returns, the innermost first, over words that turn at each letter."""
    x = data("x", n)
    U, V, W = frozen("U", n, n), frozen("V", n, n), frozen("W", n, n)
    A = parameter("A", r, n, init=zero, rate="eta")
    q = U @ (V.T @ (W @ x))
    t = W.T @ (V @ (U.T @ q))
    return Program("a word of turns", -(data("u", r) @ (A @ x)), OPTIMISERS["sgd"], [output("zt", A @ t)])


def mask_of_three() -> Program:
    """The mask of a sum of three has a part along their product."""
    u, v, w, y = (data(name, n) for name in "uvwy")
    c = parameter("c", n, init=zero, rate="-1/2")
    g = n**-1 * (c @ (y * (u * (v * w))))
    return Program("a mask of three", -(y @ relu(c + u + v + w)), OPTIMISERS["sgd"], [output("g", g)])


def saturated_through(optimiser: str) -> Program:
    """What moves through a matrix comes back along the few entries at which tanh still bends."""
    W = frozen("W", n, n)
    g = parameter("g", n, init=iid(0), rate="-1/2")
    a = tanh(W @ (g * data("x", n)) + data("s", n, entry="1/2"))
    f = n ** "-1/2" * (data("v", n) @ a)
    return Program("saturated", -f, OPTIMISERS[optimiser], [output("a", a), output("f", f)])


def saturated_bias(optimiser: str) -> Program:
    """Large entries under tanh, moved by themselves."""
    b = parameter("b", n, init=iid("1/2"), rate="0")
    v, a = data("v", n), tanh(b)
    watch = [output("a", a), output("f", n**-1 * (v @ a))]
    return Program("a saturated bias", -(v @ a), OPTIMISERS[optimiser], watch)


def two_samples(optimiser: str) -> Program:
    """Where the mask of one sample is zero, another sample of a smaller weight decides the sign."""
    W = parameter("W", n, d, init=iid(0), rate="0")
    v, u = data("v", n), data("u", n)
    one, two = W @ data("x1", d), W @ data("x2", d)
    loss = -(v @ relu(one)) - n ** "-1/2" * (u @ relu(two))
    return Program("two samples", loss, OPTIMISERS[optimiser], [output("g", n**-1 * (u @ two))])


def bent() -> Program:
    """What tanh' of W x + c (w tanh') has with W x and w shows nothing of what the update is along."""
    W = parameter("W", n, n, init=iid("-1/2"), rate="-1/2")
    w = data("w", n)
    h = W @ data("x", n)
    loss = -(n ** "-1/2" * (w @ tanh(h)))
    return Program("a bent layer", loss, OPTIMISERS["sgd"], [output("f", n**-1 * (w @ tanh(h))), output("h", h)])


def masked_bias(optimiser: str) -> Program:
    """The same for a vector and two readouts."""
    b = parameter("b", n, init=iid(0), rate="0")
    v, u = data("v", n), data("u", n)
    loss = -(v @ relu(b)) - n ** "-1/2" * (u @ b)
    return Program("a masked bias", loss, OPTIMISERS[optimiser], [output("g", n**-1 * (u @ b))])


def gram_of_growing_rank() -> Program:
    """Of n^(1/2) by n^(1/2) entries n^(1/2) lie on the diagonal, each of order 0."""
    R = Dim("R", "1/2")
    B = parameter("B", n, R, init=iid("-1/2"), rate="-1")
    loss = -(data("v", n) @ (B @ data("a", R)))
    return Program("a Gram matrix of growing rank", loss, OPTIMISERS["sgd"], [other("G", B.T @ B)])


def gram_of_rows() -> Program:
    """A A' beside B' B."""
    A = parameter("A", r, n, init=iid("-1/2"), rate="-1")
    loss = -(data("a", r) @ (A @ data("x", n)))
    return Program("a Gram matrix of rows", loss, OPTIMISERS["sgd"], [other("G", A @ A.T)])


def _all() -> Iterator[Case]:
    u, v, w = data("u", n), data("v", n), data("w", n)
    yield Case("1.1 words", words_return(), {("zt", 1): "1", ("dzt", 1): "1"}, {"eta": "0"})
    yield Case("1.1 words, sign", words_return("sign"), {("zt", 1): "1"}, {"eta": "0"})
    yield Case("1.1 a word that turns three times", words_repeat(), {("zt", 1): "1"}, {"eta": "0"})
    yield Case("1.1 a word inside a word", words_over_two(), {("zt", 1): "1"}, {"eta": "0"})
    gate = hermite(relu(u + v), u * v, "gate")
    yield Case("1.2 gate", gate, {("g", 1): "-1", ("dg", 1): "-1"}, widths=VECTORS)
    cubic = hermite(tanh(u + v + w), u * v * w, "cubic gate")
    yield Case("1.2 cubic gate", cubic, {("g", 1): "-1", ("dg", 1): "-1"}, widths=VECTORS)
    square = hermite(relu(u + v), (u * u) * (v * v) * w + u * v, "gate with more")
    yield Case("1.2 gate with more", square, {("g", 1): "-1"}, widths=VECTORS)
    yield Case("1.3 saturated", saturated(), {("df", 1): "0"}, {"eta": "-1/2"}, seeds=192)
    yield Case("1.3 saturated, sign", saturated("sign"), {("df", 1): "0"}, {"eta": "-1"})
    yield Case("1.3 saturated, sign, larger", saturated("sign"), {("df", 1): "1/2"}, {"eta": "-1/2"})
    for optimiser in ("sign", "adam"):
        truth = {("g", 1): "0", ("dg", 1): "0"}
        yield Case(f"1.4 two readouts, {optimiser}", two_readouts(optimiser), truth, widths=VECTORS)
    yield Case("1.5 even of a mean", shifted_even(), {("dg", 1): "-1/2"}, widths=VECTORS)
    yield Case("1.6 a product of five", product_of(5, 2), {("g", 1): "-1"}, widths=VECTORS)
    yield Case("1.6 a product of six", product_of(6, 3), {("g", 1): "-1"}, widths=VECTORS)
    yield Case("1.6 products of what overlaps", inherited(), {("g", 1): "-1"})
    yield Case("1.6 Gram matrix", gram(), {("G", 0): "0", ("G", 1): "0"}, widths=VECTORS)
    yield Case("1.7 both random", both_random("0"), {("dZ_B", 1): "1", ("delta3", 1): "1"}, sizes={"r": 1})
    yield Case("2 a bounded function", undone(), {("a", 1): "0", ("da", 1): "0"}, widths=VECTORS)
    yield from _brothers()
    yield Case("tanh at zero", at_zero(), {("a", 1): "-1/2", ("da", 1): "-1/2"}, widths=VECTORS)
    yield Case("masks", masks(), {("g", 1): "-1/2", ("dg", 1): "-1/2"}, widths=VECTORS)
    yield Case("a given start", started(), {("f", 0): "0", ("df", 1): "-2"})


def _brothers() -> Iterator[Case]:
    """Of the same kinds as those above, found by random programs or by trying."""
    u, v, w = data("u", n), data("v", n), data("w", n)
    yield Case("words across", words_across(), {("zt", 1): "1", ("dzt", 1): "1"}, {"eta": "0"})
    yield Case("gate of relu of relu", hermite(relu(relu(u) + v), u * v, "gate"), {("g", 1): "-1"}, widths=VECTORS)
    yield Case("gate times w", hermite(relu(u + v) * w, (u * v) * w, "gate"), {("g", 1): "-1"}, widths=VECTORS)
    of_itself = hermite(relu(tanh(u)), tanh(u), "a function of an activation and the activation")
    yield Case("relu of tanh", of_itself, {("g", 1): "-1"}, widths=VECTORS)
    of_both = hermite(tanh(u) * tanh(v), relu(u + v), "two activations and one of both arguments")
    yield Case("product of activations", of_both, {("g", 1): "-1"}, widths=VECTORS)
    yield Case("mask of three", mask_of_three(), {("g", 1): "-1/2", ("dg", 1): "-1/2"}, widths=VECTORS)
    for optimiser in ("sign", "adam"):
        truth = {("da", 1): "-1/2", ("df", 1): "-1/4"}
        yield Case(f"saturated through a matrix, {optimiser}", saturated_through(optimiser), truth, seeds=192)
    yield Case("saturated through a matrix, sgd", saturated_through("sgd"), {("df", 1): "-1"}, seeds=384)
    truth = {("da", 1): "-1/4", ("df", 1): "-1/2"}
    for optimiser in ("sgd", "sign"):
        yield Case(f"saturated bias, {optimiser}", saturated_bias(optimiser), truth, widths=VECTORS)
    for optimiser in ("sign", "adam"):
        truth = {("g", 1): "0", ("dg", 1): "0"}
        yield Case(f"two samples, {optimiser}", two_samples(optimiser), truth, widths=VECTORS)
        yield Case(f"masked bias, {optimiser}", masked_bias(optimiser), truth, widths=VECTORS)
    yield Case("a bent layer", bent(), {("f", 2): "0", ("df", 2): "0"}, seeds=192)
    ranks = {"R": 1}
    yield Case("Gram of growing rank", gram_of_growing_rank(), {("G", 0): "-1/4"}, widths=VECTORS[:-1], sizes=ranks)
    yield Case("Gram of rows", gram_of_rows(), {("G", 0): "0", ("G", 1): "0"}, widths=VECTORS)


def _words() -> Iterator[Case]:
    """What matrices bring back, and what they do not."""
    x, y, v, V, W = data("x", n), data("y", n), data("v", n), frozen("V", n, n), frozen("W", n, n)
    T = frozen("T", n, rules.m)
    back: Expression = x
    there: Expression = y
    for _ in range(3):
        back = W.T @ (W @ back)
    yield Case("words: three times back", hermite(back, y, "back"), {("g", 1): "-3/2"}, **SQUARE)
    for _ in range(5):
        there = W @ there
    yield Case("words: five letters", hermite(there, W @ (W @ (W @ (W @ (W @ v)))), "on"), {("g", 1): "-3/2"}, **SQUARE)
    rules.there_and_back(x, frozen("T1", n, rules.m), frozen("T2", n, rules.m))
    rules.there_and_back(y, frozen("T1", n, rules.m), frozen("T2", n, rules.m))
    yield Case("words: noise returns", rules.noise_returns(), {("t", 0): "-1/2"}, **TALL)
    for optimiser in ("sign", "adam"):
        divided = rules.divided_by_a_bound(optimiser)
        yield Case(f"words: divided by a bound, {optimiser}", divided, {("g", 1): "0"}, **TALL)
    yield Case("words: a tall matrix", rules.sized("tall", T @ (T.T @ x)), {("t", 0): "-1/4"}, **TALL)
    tall = hermite(T @ (T.T @ x), x, "a tall return")
    yield Case("words: a tall return", tall, {("g", 1): "-3/2"}, **TALL)
    p, q = data("p", rules.m), data("q", rules.m)
    smaller = hermite(T @ (p + n ** "-1/8" * q), T @ q, "a smaller image from a shorter axis")
    yield Case("words: a smaller image from a shorter axis", smaller, {("g", 1): "-13/8"}, **TALL)
    yield Case("words: through tanh", hermite(W @ tanh(W.T @ x), x, "through tanh"), {("g", 1): "-1"}, **SQUARE)
    yield Case(
        "words: images of what overlaps", hermite((W @ relu(x)) * y, (W @ x) * y, "images"), {("g", 1): "-1"}, **SQUARE
    )
    yield Case(
        "words: images of two matrices",
        hermite((W @ x) * (V @ x), (W @ y) * (V @ y), "images"),
        {("g", 1): "-3/2"},
        **{**DEEP, "seeds": 512},
    )
    smaller = hermite(W @ (x + n ** "-1/4" * y), W @ y, "a smaller image")
    yield Case("words: a smaller image", smaller, {("g", 1): "-5/4"}, **SQUARE)
    yield Case("words: a product first", hermite((V @ W) @ x, V @ (W @ x), "a product"), {("g", 1): "-1"}, **SQUARE)
    yield Case("words: an identity", hermite((W.T @ W) @ x, x, "an identity"), {("g", 1): "-1"}, **SQUARE)
    yield Case("words: through two relus", rules.tied_and_bent(), {("g", 1): "-1"}, **SQUARE)
    yield Case("words: an identity on the right", rules.identity_on_the_right(), {("t", 0): "-1/2"}, **SQUARE)
    masked = rules.image_where_a_mask_is_zero()
    yield Case("words: signs of three samples", rules.signs_of_three_samples(), {("g", 1): "0"}, **SQUARE)
    yield Case("words: a mask that returns", masked, {("g", 1): "-1/4"}, **SQUARE)
    yield Case("words: an update by a word", rules.update_through(V, V @ x, x), {("e", 1): "0"}, **SQUARE)
    yield Case("words: an update and an identity", rules.update_through(V.T @ V, x, x), {("e", 1): "0"}, **SQUARE)
    yield Case("words: one factor in two", rules.products_with_one_factor(), {("t", 0): "-1/4"}, **SHORT)
    long: Mapping[str, Any] = {"widths": (256, 1296, 4096, 10000), "seeds": 128, "sizes": {"m": 1, "k": 1}}
    yield Case("words: shortened twice", rules.word_inside_a_word(), {("t", 0): "-5/8"}, **long)


def deep_tanh() -> Program:
    """Six weights of which the first alone moves: what moves it comes back through five slopes inside each other."""
    return mlp(abc("first alone", (0, "1/2", "1/2"), (0, 0, 0), ("-1/4", 9, 9)), depth=6, activation="tanh")


def _deep() -> Iterator[Case]:
    """More entrywise products inside each other than are told apart."""
    yield Case("deep: six layers of tanh", deep_tanh(), {("df", 1): "1/4"}, **DEEP)


def _entries() -> Iterator[Case]:
    """What holds entry by entry."""
    u, v, z = data("u", n), data("v", n), data("z", n)
    made, image, factor = rules.nested_products(5)
    yield Case("entries: products inside products", hermite(made * factor, image, "nested"), {("g", 1): "-1"}, **MANY)
    yield Case("entries: four inside", hermite(rules.nested_products(4)[0], z, "nested"), {("g", 1): "-3/2"}, **MANY)
    square = tanh(u) * tanh(u)
    yield Case("entries: a square", hermite(square * v, v, "square"), {("g", 1): "-1"}, **QUICK)
    yield Case("entries: a square is even", hermite(square, u, "square"), {("g", 1): "-3/2"}, **QUICK)
    beside = hermite(tanh(u) + n ** "-1/4" * square, square, "a square beside")
    yield Case("entries: a square beside", beside, {("g", 1): "-5/4"}, **QUICK)
    later = rules.part_that_comes_later()
    yield Case("entries: a part that comes later", later, {("g", 1): "-1/2", ("g", 2): "-1/4"}, **QUICK)
    yield Case("entries: dense beside sparse", rules.dense_beside_sparse(), {("dg", 1): "-3/8"}, **QUICK)
    yield Case("entries: beside saturated", rules.smaller_beside_saturated(), {("dg", 1): "0"}, **QUICK)
    yield Case("entries: beside dense", rules.smaller_beside_dense(), {("g", 1): "-1/4"}, **QUICK)
    yield Case("entries: rows and columns", rules.rows_and_columns(), {("g", 1): "0"}, **SQUARE)
    first = hermite(tanh(n ** "1/2" * relu(u * v) + u), v, "what is left where a product is negative")
    yield Case("entries: beside zeros", first, {("g", 1): "-1"}, **QUICK)
    w = data("w", n)
    yield Case("entries: beside two zeros", hermite(rules.zeros_inside_zeros(), w, "w"), {("g", 1): "-1"}, **QUICK)
    of_both = hermite(rules.zeros_inside_zeros(), u * w, "u * w")
    yield Case("entries: on two zeros", of_both, {("g", 1): "-1"}, **QUICK)
    yield Case("entries: a slope beside zeros", rules.beside_zeros(), {("b", 1): "-1/4", ("df", 1): "-1/4"}, **QUICK)
    means = hermite(tanh(n ** "1/2" * (relu(u) + relu(v))), u * v, "means of parts")
    yield Case("entries: means of parts", means, {("g", 1): "-1"}, **QUICK)
    truth = {("df", 1): "-1/2", ("dg", 1): "-1"}
    yield Case("entries: beside a square, sgd", rules.beside_a_square("sgd"), truth, **QUICK)
    truth = {("da", 1): "-3/8", ("df", 1): "0"}
    yield Case("entries: beside a square, sign", rules.beside_a_square("sign"), truth, **QUICK)
    yield Case("entries: a step larger than what it moves", rules.outgrown(), {("g", 1): "-1"}, **QUICK)
    yield Case("entries: two values in a sign", rules.two_values_in_a_sign(), {("g", 1): "-1/2"}, **QUICK)
    yield Case("entries: a square in a sign", rules.square_in_a_sign(v), {("g", 1): "-1/4"}, **QUICK)
    beside = rules.square_in_a_sign(v * z)
    yield Case("entries: a square beside a product in a sign", beside, {("g", 1): "-1/4"}, **QUICK)
    small = hermite(relu(n ** "1/4" * ((u * u) * z) + v), v * z, "a relu of a square")
    yield Case("entries: a relu of a square", small, {("g", 1): "-7/8"}, **QUICK)

    yield Case("entries: a part twice", hermite(relu(relu(u) * v), u, "a part twice"), {("g", 1): "-1"}, **QUICK)
    signed = rules.sized("a sign of three", n**-1 * (sign(u + v + z) @ (u * v * z)))
    yield Case("entries: a sign of three", signed, {("t", 0): "0"}, **QUICK)
    yield Case("entries: a mask in a sign", rules.mask_in_a_sign(), {("g", 1): "0"}, **QUICK)
    yield Case("entries: a mask twice", rules.mask_twice(), {("dg", 1): "-1"}, **QUICK)
    truth = {("da", 1): "-1/8", ("df", 1): "1/4"}
    yield Case("entries: a sparse step", rules.scaled_saturation(), truth, **QUICK)
    sparse = rules.function_of_a_sparse_step()
    yield Case("entries: a function of a sparse step", sparse, {("p", 1): "-1/2"}, **QUICK)
    yield Case("entries: a dense step", rules.dense_saturation(), {("da", 1): "-1/8"}, **QUICK)
    yield from _bends()


def _bends() -> Iterator[Case]:
    """What is on the few entries at which a saturated function bends."""
    u, v = data("u", n), data("v", n)
    few = {("t", 1): "-1/4", ("dt", 1): "-1/4", ("g", 1): "-3/8"}
    yield Case("entries: bounded on few", rules.bounded_on_few_entries(), few, **LONG)
    own = rules.bending("-1/8", u, n ** "1/4" * u)
    yield Case("entries: what a slope made", own, {("f", 1): "-3/8", ("df", 1): "-3/8"}, **LONG)
    together = rules.bending("0", u, n ** "1/2" * u + v)
    yield Case("entries: bends at two places", together, {("df", 1): "-1/2"}, **LONG)
    apart = rules.bending("0", u, n ** "1/4" * u + n ** "1/8" * v)
    yield Case("entries: bends that move apart", apart, {("df", 1): "-3/8"}, **LONG)
    truth = {("g", 1): "-3/4", ("df", 1): "-3/4"}
    yield Case("entries: a slope in a sign", rules.slope_in_a_sign(u, v), truth, **LONG)
    beside = rules.slope_in_a_sign(u, n ** "1/4" * u)
    yield Case("entries: a sign of what bends", beside, {("df", 1): "-3/4"}, **LONG)
    yield Case("entries: a sign by a bound", rules.sign_by_a_bound(), {("dg", 2): "0"}, **QUICK)


def _other_vectors() -> Iterator[Case]:
    """Functions of what has the same name, or something in common, and is another vector all the same."""
    yield Case("entries: a mask before and after", rules.mask_before_and_after(), {("dg", 1): "1/4"}, **QUICK)
    moved = rules.mask_before_and_after("0")
    yield Case("entries: a mask that a step moves", moved, {("dg", 1): "0"}, **{**LONG, "widths": (4096, 16384, 65536)})
    truth = {("g", 1): "-1/2", ("f", 1): "-1/4"}
    yield Case("entries: a step of one factor", rules.outgrown_factor(), truth, **QUICK)
    yield Case("words: turned behind a matrix", rules.turned_behind_a_matrix(), {("g", 1): "-1/2"}, **MANY)
    truth = {("g", 1): "-1", ("f", 1): "-1/4"}
    yield Case("entries: sums that bend apart", rules.sums_apart(), truth, **QUICK)
    u, v = data("u", n), data("v", n)
    truth = {("g", 1): "-1/2", ("f", 1): "-1/8", ("df", 1): "-1/8"}
    yield Case("entries: bends that have moved", rules.entries_moved(u, v), truth, **LONG)
    truth = {("f", 1): "-1/8", ("df", 1): "-1/8"}
    yield Case("entries: sums that have moved", rules.entries_moved(u + v, v), truth, **LONG)


def _hidden() -> Iterator[Case]:
    """What shows where, or when, something larger is not there."""
    yield Case("entries: beside two masks", rules.beside_two_masks(), {("b", 1): "0"}, **QUICK)
    for optimiser in ("lion", "adam"):
        truth = {("g", 1): "0", ("dg", 2): "0"}
        yield Case(f"entries: a mask that was, {optimiser}", rules.mask_that_was(optimiser), truth, **QUICK)
        moved = rules.mask_that_moved(optimiser)
        yield Case(f"entries: a mask that moved, {optimiser}", moved, truth, **QUICK)
        bent = rules.slope_that_moved(optimiser)
        yield Case(f"entries: a slope that moved, {optimiser}", bent, {("dg", 2): "0"}, **QUICK)
    yield Case("entries: a mask of before", rules.mask_of_before(), {("dg", 2): "0"}, **QUICK)
    for old, now, read in (("0", "1/2", "w"), ("1/2", "0", "v")):
        made = rules.mask_of_a_step(old, now, read)
        yield Case(f"entries: a mask of a step, n^{old} beside n^{now}", made, {("g", 1): "0"}, **QUICK)
    made = rules.mask_of_a_step("0", "1/2", "w", rate="-1/4")
    truth = {("g", 1): "-1/4", ("dg", 1): "-1/4"}
    yield Case("entries: a mask of a step that moved by less", made, truth, **QUICK)
    made = rules.mask_of_a_step_in_a_sign("-1/4", "0", "w")
    yield Case("entries: a mask of a step in a sign", made, {("g", 2): "0", ("dg", 2): "0"}, **QUICK)
    less = rules.mask_that_moved("adam", "-1/2", "-1/8")
    yield Case("entries: a mask that moved by less", less, {("dg", 2): "-1/8"}, **QUICK)
    for read, rate, size in (("x", "0", "0"), ("v", "0", "0"), ("x", "-1/4", "-1/2"), ("v", "-1/4", "-1/4")):
        truth = {("g", 1): size, ("dg", 1): size}
        yield Case(f"entries: edges along {read} at {rate}", rules.change_at_edges(read, rate), truth, **QUICK)
    truth = {("g", 1): "-1/2", ("dg", 1): "-1/2"}
    yield Case("entries: edges along 1 at 0", rules.change_at_edges("1"), truth, **QUICK)
    yield Case("entries: masks together", rules.masks_together(), {("t", 0): "0"}, **QUICK)
    watched = rules.mask_in_what_is_watched()
    yield Case("entries: a mask in what is watched", watched, {("g", 1): "-1/4", ("dg", 1): "-1/4"}, **QUICK)
    truth = {("g", 1): "-1/4", ("dg", 1): "-1/4"}
    yield Case("entries: turned away, tanh", rules.turned_away("tanh"), truth, at={"eta": "1/2"}, **LONG)
    truth = {("g", 1): "0", ("dg", 1): "0"}
    yield Case("entries: turned away, relu", rules.turned_away("relu"), truth, at={"eta": "1/4"}, **LONG)
    truth = {("g", 1): "-1/2", ("dg", 1): "-1/2"}
    yield Case("entries: turned a little, relu", rules.turned_away("relu"), truth, at={"eta": "-1/4"}, **LONG)
    yield Case("entries: a changed sign", rules.changed_sign(), {("g", 1): "-1/4", ("dg", 1): "-1/4"}, **QUICK)
    yield Case("entries: masks of few", rules.masks_of_few(), {("dh", 1): "0"}, **{**QUICK, "sizes": {"r": 24}})
    behind = rules.masks_of_few_behind()
    yield Case("entries: masks of few, behind", behind, {("dh", 1): "0"}, **{**SQUARE, "sizes": {"r": 24}})
    yield Case("entries: a saturated scalar", rules.saturated_scalar(), {("dg", 1): "0"}, **QUICK)


def _signs() -> Iterator[Case]:
    """What signs of sums, and functions of functions, have with products of the parts inside."""
    u, v, z = data("u", n), data("v", n), data("z", n)
    for optimiser in ("sign", "adam", "lion"):
        yield Case(f"entries: signs of a sum, {optimiser}", rules.signs_of_a_sum(optimiser), {("g", 1): "0"}, **QUICK)
    yield Case("entries: signs beside a mean", rules.signs_beside_a_mean(), {("g", 1): "0"}, **QUICK)
    yield Case("entries: signs of a mask of a sum", rules.signs_of_a_mask_of_a_sum(), {("g", 1): "0"}, **QUICK)
    positive = rules.positive_factor_in_a_sign()
    yield Case("entries: a positive factor in a sign", positive, {("g", 1): "0"}, **QUICK)
    whole = u + v + z
    of_mask = hermite(tanh(relu(whole)), u * v * z, "a function of a relu")
    yield Case("entries: a function of a relu", of_mask, {("g", 1): "-1"}, **QUICK)
    bent_twice = hermite(relu(tanh(whole)), u * v, "a relu of a function")
    yield Case("entries: a relu of a function", bent_twice, {("g", 1): "-1"}, **QUICK)
    small = sign(tanh(n ** "-1/4" * whole))
    signed = rules.sized("a sign of a small function", n**-1 * (small @ (u * v * z)))
    yield Case("entries: a sign of a small function", signed, {("t", 0): "0"}, **QUICK)
    beside = hermite(tanh(u * u + v + z), v * z, "a square beside two")
    yield Case("entries: a square beside two", beside, {("g", 1): "-1"}, **QUICK)


def _fresh() -> Iterator[Case]:
    """What is drawn anew at every step."""
    for how in ("itself", "tanh", "product"):
        yield Case(f"fresh: {how}", rules.fresh(how), {("f", 1): "-1/2", ("f", 2): "-1/2"}, **QUICK)
    yield Case("fresh: image", rules.fresh("image"), {("f", 1): "-1/2", ("f", 2): "-1/2"}, **SQUARE)
    yield Case("fresh: a slope", rules.fresh_slope(), {("f", 1): "-1", ("f", 2): "-1"}, **QUICK)
    yield Case("fresh: a weight", rules.fresh_weight(), {("f", 1): "1/2", ("f", 2): "1/2"}, **QUICK)
    yield Case("fresh: a batch", rules.fresh_batch(), {("h", 1): "3/4", ("h", 2): "3/4"}, **SHORT)
    yield Case("fresh: an image of a batch", rules.fresh_image(), {("h", 1): "3/4", ("h", 2): "3/4"}, **SHORT)
    anew = lora("A", optimiser="sgd", fresh=True)
    truth = {("delta1.aligned", 2): "-1", ("delta2.aligned", 2): "-1/2"}
    yield Case("fresh: an adapter", anew, truth, {"eta": "-1/2"}, **{**TURNED, "seeds": 3072, "sizes": {"r": 4}})
    yield Case("fresh: a mask", rules.fresh_mask(), {("dg", 2): "-1"}, **QUICK)


def _optimisers() -> Iterator[Case]:
    """Every optimiser on a layer, and every operation that layers are made of."""
    at = {"eta": "-1/2"}
    for name in ("adam", "sign", "lion"):
        truth = {("Z_A", 2): "1/2", ("B", 1): "-1/2", ("Z_B", 2): "0", ("delta3", 2): "0"}
        yield Case(f"layer: {name}", lora("A", optimiser=name), truth, at, **LAYER)
    truth = {("Z_A", 2): "1", ("B", 1): "-1/2", ("Z_B", 2): "1/2", ("delta3", 2): "1/2"}
    yield Case("layer: sgd", lora("A", optimiser="sgd"), truth, at, **LAYER)
    truth = {("B", 1): "-1", ("Z_B", 2): "-1", ("delta1", 2): "-1", ("delta3", 2): "-1"}
    yield Case("layer: muon", lora("A", optimiser="muon"), truth, at, **LAYER)
    yield Case("layer: epsilon", rules.epsilon(), {("B", 1): "-2", ("Z_B", 2): "-2"}, **LAYER)
    truth = {("B", 1): "-3/4", ("Z_B", 2): "-3/8", ("delta1", 2): "-3/8"}
    yield Case("layer: shampoo", rules.halfway(), truth, **LAYER)
    for name, late in (("riemannian-sgd", "1"), ("riemannian-adam", "1/2"), ("sign-riemannian", "1/2")):
        truth = {("Z_A", 1): "1/2", ("B", 1): "-1/2", ("Z_B", 1): "0", ("Z_A", 2): late}
        layer = lora("general", a0="-1/2", b0="-1/2", optimiser=name)
        yield Case(f"layer: {name}", layer, truth, at, **FEW)
    scaled = lora("B", optimiser="riemannian-sgd")
    yield Case("layer: riemannian-sgd from B", scaled, {("Z_B", 2): "1/2", ("delta2", 2): "1/2"}, at, **LAYER)
    wide = lora("B", optimiser="riemannian-sgd", rank="growing")
    few: Mapping[str, Any] = {"widths": (64, 144, 256, 400), "seeds": 1024, "sizes": {"r": 1}}
    at_rank = {"eta": "-1/4", "rho": "1/2"}
    truth = {("B", 2): "-1/4", ("delta2", 2): "3/4"}
    yield Case("layer: riemannian-sgd, growing rank", wide, truth, at_rank, **few)
    scaled = rules.outgrown_start()
    yield Case("layer: sign-riemannian, an outgrown start", scaled, {("da", 1): "0", ("da", 2): "-3/8"}, **RANKED)
    for name in ("muon", "shampoo"):
        yield Case(f"layer: undone, {name}", rules.undone(name), {("f", 1): "0", ("f", 2): "-1"}, **QUICK)
    for name in ("lion",):
        yield Case(f"layer: memory of {name}", rules.memory(name), {("g", 2): "1/2"}, **QUICK)
    yield Case("layer: lengths of rows", rules.lengths(), {("l", 1): "-1"}, **SQUARE)
    yield Case("layer: damping", rules.damping(), {("delta1", 1): "-2", ("delta2", 1): "-3/2"}, **LAYER)
    truth = {
        ("Z_out", 1): "-1/2",
        ("m - m[0]", 1): "-1/2",
        ("Z_out", 2): "0",
        ("delta1", 2): "0",
        ("delta2", 2): "-1/2",
    }
    truth = {("b", 1): "-1/2", ("Z_B", 2): "-1/2", ("delta1", 2): "-1", ("delta2", 2): "-1/2"}
    yield Case("layer: vera", vera(), truth, at, **LAYER)
    truth = {("Z_B", 1): "0", ("delta1", 1): "0", ("delta2", 1): "-1/2", ("delta2", 2): "0"}
    yield Case("layer: what training added", lora("AB+"), truth, at, **LAYER)


def _batches() -> Iterator[Case]:
    """A matrix with a column a sample."""
    options: Mapping[str, Any] = {"widths": (36, 64, 144, 256), "seeds": 1920, "sizes": {"r": 4, "N": 1}}
    truth = {("e", 0): "-1/4", ("e", 1): "1/4", ("h", 1): "0", ("unseen", 1): "0"}
    yield Case("batch: sign steps of a square", rules.batch_of_squares(), truth, **options)
    truth = {("o", 1): "-1", ("t", 1): "-5/4", ("unseen", 1): "-1"}
    yield Case("batch: adam from A", rules.batch_of_a_layer("A", "adam", "-1"), truth, **options)
    truth = {("t", 2): "-3/4"}
    yield Case("batch: descent from B", rules.batch_of_a_layer("B", "sgd", "1/2"), truth, **options)
    anew = lora("A", optimiser="sgd", rank="growing", batch="growing", fresh=True)
    at = {"eta": "-1/2", "rho": "0", "beta": "1/2"}
    few: Mapping[str, Any] = {"widths": (64, 144, 256, 576), "seeds": 192, "sizes": {"r": 4, "N": 1}}
    yield Case("batch: drawn anew", anew, {("delta1", 2): "-5/4", ("delta3", 2): "-5/4"}, at, **few)


def _lengths() -> Iterator[Case]:
    """Rows over their lengths, where steps have added multiples of one vector that cancel at some rows."""
    options: Mapping[str, Any] = {"widths": (64, 128, 256, 512, 1024), "seeds": 128}
    yield Case("rows: shorter than each step", rules.short_rows(), {("V", 3): "1/4"}, {"eta": "1"}, **options)


def _functions_of_batches() -> Iterator[Case]:
    """A matrix with a column a sample under a function of every entry."""
    options: Mapping[str, Any] = {"widths": (64, 144, 256, 400), "seeds": 96, "sizes": {"N": 1, "r": 4, "m": 1}}
    turned = rules.turned_along_itself()
    truth = {("dq", 2): "-1", ("dmade", 1): "0"}
    yield Case("batch: a slope turns a weight along itself", turned, truth, **{**options, "seeds": 768})
    for phi, size in ((relu, "-1/4"), (tanh, "-3/4")):
        read = rules.readout_of_a_batch(phi)
        yield Case(f"batch: the mean of {phi.__name__}", read, {("g", 1): size, ("c", 1): "-1/4"}, **options)
    layers = rules.two_layers_of_a_batch(tanh)
    yield Case("batch: two layers of tanh", layers, {("dh", 1): "0", ("do", 1): "0", ("do", 2): "0"}, **options)
    readout = lora("A", optimiser="sign", loss="readout", batch="growing")
    truths = {("Z_A", 2): "3/8", ("Z_B", 2): "0", ("delta2", 3): "0"}
    edge = readout.substitute({"eta": "-3/8", "beta": "1/2"})  # with the two open products are too long
    yield Case("batch: a readout of an adapter", edge, truths, **options)


CASES: tuple[Case, ...] = (
    *_all(),
    *_words(),
    *_deep(),
    *_entries(),
    *_other_vectors(),
    *_hidden(),
    *_signs(),
    *_fresh(),
    *_lengths(),
    *_optimisers(),
    *_batches(),
    *_functions_of_batches(),
)
