"""One program for each thing that the calculus distinguishes, small enough that a wrong distinction shows in a number.

``tests/test_mutants.py`` changes the calculus in one place and asks which of these programs see it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gamma_calc import (
    Dim,
    Program,
    adam,
    data,
    decayed,
    frozen,
    given,
    iid,
    lora,
    order,
    output,
    parameter,
    sgd,
    zero,
)
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import other
from gamma_calc.operations import inner, relu, since_start, tanh
from gamma_calc.operations.divide import divide
from gamma_calc.operations.row_length import row_length
from gamma_calc.operations.sign import sign
from gamma_calc.optimisers import OPTIMISERS
from gamma_calc.optimisers.riemannian import RiemannianSGD
from gamma_calc.optimisers.shampoo import Shampoo

n, m, d = Dim("n", 1), Dim("m", "1/2"), Dim("d", 0)


def sized(name: str, what: Expression) -> Program:
    """Something whose size alone is asked for."""
    c = parameter("c", n, init=zero, rate="0")
    return Program(name, -(c @ data("z", n)), OPTIMISERS["sgd"], [other("t", what), output("f", c @ data("z", n))])


def beside_zeros() -> Program:
    """Where a large part of what tanh is of is zero, its slope is one: at half of the entries, forward and backward."""
    u, v = data("u", n), data("v", n)
    b = parameter("b", n, init=zero, rate="-1/4")
    h = tanh(n ** "1/2" * relu(u) + b)
    watch = [output("f", n**-1 * (v @ h)), output("b", b)]
    return Program("beside zeros", -(v @ h), OPTIMISERS["sgd"], watch)


def divided_by_a_bound(optimiser: str) -> Program:
    """What two words too long to be told apart have in common is counted for more than it is, and divides the rest."""
    x, y, a, b = (data(name, n) for name in "xyab")
    tall = [_tall(k) for k in range(6)]
    u = parameter("u", n, init=zero, rate="0")
    shared = n**-1 * (there_and_back(x, *tall[:3]) @ there_and_back(y, *tall[3:]))
    return moved("divided by a bound", -(shared * (a @ u)) - n ** "-13/8" * (b @ u), n**-1 * (b @ u), optimiser)


def moved(name: str, loss: Expression, read: Expression, optimiser: str = "sgd") -> Program:
    """A scalar g beside a loss that moves what is in it."""
    return Program(name, loss, OPTIMISERS[optimiser], [output("g", read)])


def _tall(k: int) -> Expression:
    return frozen(f"T{k}", n, m)


def there_and_back(x: Expression, *tall: Expression) -> Expression:
    """T T' x through one tall matrix after another; each such pair turns once more than it goes on."""
    for T in tall:
        x = T @ (T.T @ x)
    return x


def noise_returns() -> Program:
    """T3'T3 T3'...y: T3'T3 is nearly the identity of the short axis, also for what is no longer told apart."""
    T1, T2, T3 = (_tall(k) for k in range(3))
    return sized("noise returns", T3.T @ there_and_back(T1 @ data("y", m), T2, T3))


def nested_products(depth: int) -> tuple[Expression, Expression, Expression]:
    """v * W(v * W(... u)), its last image, and v."""
    v, W = data("v", n), frozen("W", n, n)
    image: Expression = data("u", n)
    made = image
    for _ in range(depth):
        image = W @ made
        made = v * image
    return made, image, v


def four_and_back() -> Program:
    """U V V' W W': V V' and W W' are nearly identities of the short axis, and U is left."""
    U, V, W = frozen("U", n, m), frozen("V", m, n), frozen("W", m, n)
    return sized("four and back", ((U @ V) @ (V.T @ W)) @ W.T)


def identity_on_the_right() -> Program:
    """U (V'V): as large as U."""
    U, V = frozen("U", n, n), frozen("V", n, n)
    return sized("an identity on the right", U @ (V.T @ V))


def dense_beside_sparse() -> Program:
    """The slope of a saturated tanh shows little of v; v itself beside it is more."""
    b, v = parameter("b", n, init=iid("1/2"), rate="0"), data("v", n)
    loss = -(v @ tanh(b)) - n ** "-3/8" * (v @ b)
    return moved("dense beside sparse", loss, n**-1 * (v @ b))


def smaller_beside_saturated() -> Program:
    """Where tanh has stopped to bend, the smaller part decides the sign."""
    b, v, u = parameter("b", n, init=iid("1/2"), rate="0"), data("v", n), data("u", n)
    return moved("beside saturated", -(v @ tanh(b)) - n**-2 * (u @ b), n**-1 * (u @ b), "sign")


def smaller_beside_dense() -> Program:
    """tanh(x) is nowhere zero, so that the smaller part stays smaller in a sign."""
    b, x, u = parameter("b", n, init=zero, rate="0"), data("x", n), data("u", n)
    return moved("beside dense", -(tanh(x) @ b) - n ** "-1/4" * (u @ b), n**-1 * (u @ b), "sign")


def outgrown(start: str = "-1/2") -> Program:
    """A step that is larger than what it moves: tanh of the vector after it has little of tanh of that before."""
    c, u = parameter("c", n, init=zero, rate="0"), parameter("u", n, init=iid(start), rate="0")
    return moved("outgrown", -(c @ tanh(u)) - data("v", n) @ u, n**-1 * (c @ tanh(u)), "sgd")


def outgrown_factor() -> Program:
    """What outgrows u * v is u * w: one factor in common, and nothing of what led tanh before is left.

    A scalar that counts for too much would saturate the next tanh, which p moves.
    """
    u, v, w, x, y = (data(name, n) for name in "uvwxy")
    b = parameter("b", n, init=given(u * v), rate="1/2")
    c, p = parameter("c", n, init=zero, rate="0"), parameter("p", n, init=zero, rate="-1/4")
    g = n**-1 * (c @ tanh(b))
    readout = x @ tanh(n ** "1/2" * (g * y) + p)
    watch = [output("g", g), output("f", n**-1 * readout)]
    return Program("an outgrown factor", -((u * w) @ b) - c @ tanh(b) - readout, OPTIMISERS["sgd"], watch)


def turned_behind_a_matrix() -> Program:
    """A step turns tanh(b), and so its image under W, and what tanh makes of that."""
    b, c = parameter("b", n, init=iid(0), rate="1/2"), parameter("c", n, init=zero, rate="0")
    a = tanh(frozen("W", n, n) @ tanh(b))
    return moved("turned behind a matrix", -(data("v", n) @ b) - c @ a, n**-1 * (c @ a))


def sums_apart() -> Program:
    """tanh bends at u + v = 0 and at u + 2 v = 0, at other entries: what moves the one is where the other is flat.

    A scalar that counts for too much would saturate the last tanh, and hide p.
    """
    u, v, w, x, y = (data(name, n) for name in "uvwxy")
    q, p = parameter("q", n, init=zero, rate="0"), parameter("p", n, init=zero, rate="-1/4")
    there, here = n ** "1/2" * (u + v), n ** "1/2" * (u + 2 * v)
    g = n**-1 * (y @ since_start(tanh(here + q)))
    f = n**-1 * (w @ tanh(n**1 * (g * x) + p))
    watch = [output("g", g), output("f", f)]
    return Program("sums apart", -(y @ tanh(there + q)) - w @ p, OPTIMISERS["sgd"], watch)


def entries_moved(lead: Expression, moves: Expression) -> Program:
    """A step moves the entries at which tanh bends: what it made there meets a function that bends elsewhere.

    A scalar that counts for too much would saturate the last tanh, which p moves.
    """
    w, x, y = (data(name, n) for name in "wxy")
    b, q = parameter("b", n, init=zero, rate="0"), parameter("q", n, init=zero, rate="1")
    p = parameter("p", n, init=zero, rate="-1/8")
    g = n**-1 * (y @ tanh(n ** "1/4" * (lead + b) + q))
    f = n**-1 * (w @ tanh(n ** "1/2" * (g * x) + p))
    watch = [output("g", g), output("f", f)]
    return Program("entries moved", -g - moves @ b - w @ p, OPTIMISERS["sgd"], watch)


def bounded_on_few_entries() -> Program:
    """On the few entries that a step moves by n^(1/4) tanh is of order one, and no larger."""
    u, w, y = (data(name, n) for name in "uwy")
    b, e = parameter("b", n, init=zero, rate="1/4"), parameter("e", n, init=zero, rate="-3/8")
    h = tanh(b + e)
    watch = [output("t", h), output("g", n**-1 * (w @ h))]
    return Program("bounded on few entries", -(y @ tanh(n ** "1/2" * u + b)) - w @ e, OPTIMISERS["sgd"], watch)


def two_values_in_a_sign() -> Program:
    """Of functions that have saturated, the sign of 2 s + t is s."""
    c, u, v = parameter("c", n, init=zero, rate="0"), data("u", n), data("v", n)
    loss = -(c @ (2 * tanh(n ** "1/2" * u) + tanh(n ** "1/2" * v)))
    return moved("two values in a sign", loss, n**-1 * (c @ v), "sign")


def beside_two_masks() -> Program:
    """Where u and v are both negative, relu(u) - relu(v) is zero, and tanh bends."""
    b, u, v = parameter("b", n, init=zero, rate="0"), data("u", n), data("v", n)
    h = tanh(n ** "1/2" * (relu(u) - relu(v)) + b)
    return Program("beside two masks", -(data("w", n) @ h), OPTIMISERS["sgd"], [output("b", b)])


def mask_that_was(optimiser: str) -> Program:
    """A step moves relu(x + q): what is remembered of where it was on shows at a second step where it is off.

    The weights n^4 are of what moves by itself, so that nothing else does.
    """
    a, b, q = (parameter(name, n, init=zero, rate="0") for name in "abq")
    v, w, x, y = (data(name, n) for name in "vwxy")
    h = relu(x + q)
    loss = -(n ** "-1/4" * (b @ (w * h))) - b @ (a * h) - n**4 * (y @ q) - n**4 * (v @ a)
    return moved("a mask that was", loss, n**-1 * (w @ b), optimiser)


def mask_that_moved(optimiser: str, small: str = "-1/4", rate: str = "0") -> Program:
    """A step moves relu(x + y + q) by y: it is on elsewhere, though nothing new is in it.

    The weights n^4 are of what moves by itself, so that nothing else does.
    """
    a, b, q = (parameter(name, n, init=zero, rate="0" if name != "q" else rate) for name in "abq")
    v, w, x, y = (data(name, n) for name in "vwxy")
    h = relu(x + y + q)
    loss = -(n**small * (b @ (w * h))) - b @ (a * h) - n**4 * (y @ q) - n**4 * (v @ a)
    return moved("a mask that moved", loss, n**-1 * (w @ b), optimiser)


def mask_of_before() -> Program:
    """A parameter moved where a mask was on, and is beside something larger where the mask is on now, in a sign."""
    b, c, q = (parameter(name, n, init=zero, rate="0") for name in "bcq")
    v, w, x, z = (data(name, n) for name in "vwxz")
    h = relu(x + q)
    loss = -(b @ (w * h)) - n**4 * (z @ q) - n ** "-1/4" * (c @ b) - c @ (v * h)
    return moved("a mask of before", loss, n**-1 * (w @ c), "sign")


def mask_of_a_step(old: str, now: str, read: str, rate: str = "0") -> Program:
    """What a step added to b where a mask was on is beside what has the mask as it is now, inside tanh.

    relu(x + y) has become relu(x + 2 y): each is on where the other is off, though nothing new is in it.
    """
    b, q = parameter("b", n, init=zero, rate="0"), parameter("q", n, init=zero, rate=rate)
    v, w, x, y = (data(name, n) for name in "vwxy")
    h = relu(x + y + q)
    g = n**-1 * ({"v": v, "w": w}[read] @ tanh(n**old * b + n**now * (v * h)))
    return moved("a mask of a step", -(b @ (w * h)) - n**4 * (y @ q), g, "sign")


def mask_of_a_step_in_a_sign(old: str, now: str, read: str) -> Program:
    """So it is in a gradient of which a rule takes the sign, and that remembers nothing."""
    b, c, q = (parameter(name, n, init=zero, rate="0") for name in "bcq")
    v, w, x, y = (data(name, n) for name in "vwxy")
    h = relu(x + y + q)
    loss = -(b @ (w * h)) - n**4 * (y @ q) - n**old * (c @ b) - n**now * (c @ (v * h))
    return moved("a mask of a step in a sign", loss, n**-1 * ({"v": v, "w": w}[read] @ c), "sign")


def slope_that_moved(optimiser: str) -> Program:
    """So it moves the entries at which tanh bends."""
    a, b, q = (parameter(name, n, init=zero, rate="0") for name in "abq")
    v, w, x, y = (data(name, n) for name in "vwxy")
    h = tanh(n ** "1/4" * (x + y + q) + b)
    loss = -(n ** "-1/4" * (w @ h)) - a @ h - n**4 * (y @ q) - n**4 * (v @ a)
    return moved("a slope that moved", loss, n**-1 * (w @ b), optimiser)


def change_at_edges(read: str, rate: str = "0") -> Program:
    """tanh(n^(1/2) relu(x + q) + w) changes by tanh(w) at entries that the mask leaves or comes to, as q moves by v."""
    q = parameter("q", n, init=zero, rate=rate)
    v, w, x = (data(name, n) for name in "vwx")
    h = tanh(n ** "1/2" * relu(x + q) + w)
    along = {"x": w * x, "v": w * v, "1": w}[read]
    return moved("a change at edges", -(v @ q), n**-1 * (along @ since_start(h)))


def mask_in_what_is_watched() -> Program:
    """No function is in the loss, and the one that is watched shows what is smaller where a mask is zero."""
    b, c = parameter("b", n, init=zero, rate="1/2"), parameter("c", n, init=zero, rate="-1/4")
    v, w, x = (data(name, n) for name in "vwx")
    read = n**-1 * (w @ tanh(n ** "1/2" * relu(x + b) + c))
    return moved("a mask in what is watched", -(v @ b) - w @ c, read)


def turned_away(read: str) -> Program:
    """A step larger than what it moves: what a function showed before is what its change shows."""
    u, v, w = (data(name, n) for name in "uvw")
    b = parameter("b", n, init=zero, rate="eta")
    added = {
        "tanh": w @ since_start(tanh(u + n ** "-1/4" * w + b)),
        "relu": (u * w) @ since_start(relu(u + w + b)),
    }
    return moved("turned away", -(v @ b), n**-1 * added[read])


def masks_together() -> Program:
    """A product of two masks is zero where either is, so that w shows by one less their product."""
    u, v, w = (data(name, n) for name in "uvw")
    return sized("masks together", n**-1 * ((w * (u * v)) @ tanh(n ** "1/2" * (relu(u) * relu(v)) + w)))


def changed_sign() -> Program:
    """What has no slope changes as well."""
    b, u, v = parameter("b", n, init=zero, rate="-1/4"), data("u", n), data("v", n)
    h = sign(u + b)
    return Program("a changed sign", -(v @ b), OPTIMISERS["sgd"], [output("s", h), output("g", n**-1 * (v @ h))])


def saturated_scalar() -> Program:
    """A scalar has no few entries at which tanh bends: of its slope nothing is left, and another part decides."""
    c, e, w = parameter("c", n, init=zero, rate="0"), data("e", n), data("w", n)
    loss = -tanh(data("P", entry="1/4") + n**-1 * (e @ c)) - n**-2 * (w @ c)
    return moved("a saturated scalar", loss, n**-1 * (w @ c), "sign")


def masks_of_few() -> Program:
    """Where one of a few masks is zero, a row of A is moved by the other sample alone."""
    r = Dim("r", 0)
    A, a = parameter("A", r, n, init=iid("-1/2"), rate="-1"), data("a", r)
    x, y = data("x", n), data("y", n)
    loss = -(a @ relu(A @ x)) - n ** "-1/2" * (a @ relu(A @ y))
    return Program("masks of few", loss, OPTIMISERS["sign"], [output("h", A @ y)])


def masks_of_few_behind() -> Program:
    """The same where the sum of what moves both is mapped on: one of its parts covers the other there."""
    r = Dim("r", 0)
    D, W = parameter("D", r, n, init=zero, rate="0"), frozen("W", n, n)
    u, v, both = data("u", n), data("v", n), D @ W
    loss = -(relu(data("a", r)) @ (both @ u)) - n ** "-1/2" * (data("b", r) @ (both @ v))
    return Program("masks of few, behind", loss, OPTIMISERS["sign"], [output("h", n**-1 * (D @ (W @ v)))])


def beside_a_square(optimiser: str) -> Program:
    """Squares are small at more entries than what they are squares of, and there tanh bends, and b is what it is of."""
    b, u, v = parameter("b", n, init=iid(0), rate="-1/4"), data("u", n), data("v", n)
    a = tanh(n ** "1/2" * (u * u) + b)
    f = n ** "-1/2" * (v @ a)
    watch = [output("a", a), output("f", f), output("g", n**-1 * (v @ b))]
    return Program("beside a square", -f, OPTIMISERS[optimiser], watch)


def square_in_a_sign(smaller: Expression) -> Program:
    """Where a square in a gradient is small, the smaller part decides: at n^(-1/4) of the entries, not n^(-1/2)."""
    b, u, w = parameter("b", n, init=zero, rate="0"), data("u", n), data("w", n)
    loss = -((w * (u * u)) @ b) - n ** "-1/2" * (smaller @ b)
    return moved("a square in a sign", loss, n**-1 * (smaller @ b), "sign")


def tied_and_bent() -> Program:
    """What returns through a matrix out of a function is a function itself, with a slope."""
    x, W = data("x", n), frozen("W", n, n, entry="-1/2")
    c, back = parameter("c", n, init=zero, rate="0"), W.T @ relu(W @ relu(x))
    return moved("tied and bent", -(n**-1 * (c @ back)), n**-1 * (c @ x))


def rows_and_columns() -> Program:
    """A mask of rows is none of columns."""
    W = parameter("W", n, n, init=zero, rate="-1")
    a, u, w = relu(data("x", n)), data("u", n), data("w", n)
    loss = -(u @ (W @ a)) - n ** "-1/4" * (w @ (W.T @ a))
    return moved("rows and columns", loss, n**-1 * (a @ (W @ w)), "sign")


def signs_of_a_sum(optimiser: str) -> Program:
    """The sign of three vectors has a moment with their product, and is along none of it otherwise."""
    b = parameter("b", n, init=zero, rate="0")
    u, v, w = (data(name, n) for name in "uvw")
    return moved("signs of a sum", -(b @ (u + v + w)), n**-1 * (b @ (u * v * w)), optimiser)


def signs_beside_a_mean() -> Program:
    """A mean counts as a part without a factor: the sign of relu(x) + u + v is along u * v."""
    b, u, v = parameter("b", n, init=zero, rate="0"), data("u", n), data("v", n)
    return moved("signs beside a mean", -(b @ (relu(data("x", n)) + u + v)), n**-1 * (b @ (u * v)), "sign")


def signs_of_a_mask_of_a_sum() -> Program:
    """The sign of a relu is a step, which has a moment with three parts that the relu lacks."""
    b = parameter("b", n, init=zero, rate="0")
    u, v, w, x = (data(name, n) for name in "uvwx")
    loss = -(b @ (x * relu(u + v + w)))
    return moved("signs of a mask of a sum", loss, n**-1 * (b @ (x * (u * v * w))), "sign")


def positive_factor_in_a_sign() -> Program:
    """The slope of tanh decides how much of a sum a part is: of relu(x) tanh'(b + relu(y)) - relu(z) a sign shows y."""
    b, x, y, z = parameter("b", n, init=zero, rate="0"), data("x", n), data("y", n), data("z", n)
    loss = relu(z) @ b - relu(x) @ tanh(b + data("u", n) + 3 * relu(y))
    return moved("a positive factor in a sign", loss, n**-1 * (b @ y), "sign")


def signs_of_three_samples() -> Program:
    """The sign of u1 x1' + u2 x2' + u3 x3' is along the product of all u times that of all x."""
    W = parameter("W", n, n, init=zero, rate="-1")
    u, v, w, x, y, z = (data(name, n) for name in "uvwxyz")
    loss = -(u @ (W @ x)) - v @ (W @ y) - w @ (W @ z)
    return moved("signs of three samples", loss, n**-1 * ((u * v * w) @ (W @ (x * y * z))), "sign")


def mask_in_a_sign() -> Program:
    """A sign keeps a mask, and a mask has a part along what it is of."""
    b, x, v = parameter("b", n, init=zero, rate="0"), data("x", n), data("v", n)
    return moved("a mask in a sign", -(v @ relu(b + x)), n**-1 * (b @ (v * x)), "sign")


def mask_before_and_after(rate: str = "1/4") -> Program:
    """b moves by n^(1/4) step(x + b) v, and relu of that is along x by step(x + b)^2 v^2, a mask of before the step."""
    x, v = data("x", n), data("v", n)
    b = parameter("b", n, init=iid(0), rate=rate)
    h = relu(x + b)
    watch = [output("g", n**-1 * (x @ h))]
    return Program("a mask before and after", -(v @ h), OPTIMISERS["sgd"], watch)


def mask_twice() -> Program:
    """A mask is its own square, and has no second moment."""
    b, v, x, y = parameter("b", n, init=zero, rate="-1/2"), data("v", n), data("x", n), data("y", n)
    a = relu(b + x + y)
    return Program("a mask twice", -(v @ a), OPTIMISERS["sgd"], [output("g", n**-1 * ((v * (x * y)) @ a))])


def function_of_a_sparse_step() -> Program:
    """A step is along v where tanh still bends, and so is relu of it: both are on the same few entries."""
    b, u, v = parameter("b", n, init=zero, rate="-1/2"), data("u", n), data("v", n)
    loss = -(v @ tanh(n ** "1/2" * (b + u)))
    return Program("a function of a sparse step", loss, OPTIMISERS["sgd"], [output("p", n**-1 * (relu(b) @ b))])


def zeros_inside_zeros() -> Expression:
    """tanh(w) where u and v are negative: there alone w is all there is."""
    u, v, w = data("u", n), data("v", n), data("w", n)
    return tanh(n ** "1/2" * relu(u) + n ** "1/4" * relu(v) + w)


def image_where_a_mask_is_zero() -> Program:
    """W'W brings a mask back beside a fresh part of the same size, which is all there is where the mask is zero."""
    b, u, v, W = parameter("b", n, init=zero, rate="0"), data("u", n), data("v", n), frozen("W", n, n)
    loss = -(b @ (W.T @ (W @ (relu(data("x", n)) * v)))) - n ** "-1/4" * (b @ u)
    return moved("a mask that returns", loss, n**-1 * (u @ b), "sign")


def update_through(word: Expression, left: Expression, right: Expression) -> Program:
    """The inner product of a matrix with an update that is made by it."""
    Q = parameter("Q", n, n, init=zero, rate="0")
    loss = -(left @ (Q @ right))
    return Program("an update through a word", loss, OPTIMISERS["sgd"], [other("e", n**-1 * inner(word, Q))])


def products_with_one_factor() -> Program:
    """<A B, A C>: A'A is nearly the identity of the short axis, and B and C meet by chance."""
    A, B, C = frozen("A", n, m), frozen("B", m, n), frozen("C", m, n)
    return sized("products with one factor", inner(A @ B, A @ C))


def word_inside_a_word() -> Program:
    """T S S' T' x: smaller is what S S' leaves by itself, and what it leaves for T T' to be shortened too."""
    T, S = frozen("T", m, n), frozen("S", n, Dim("k", "1/4"))
    return sized("a word inside a word", ((T @ S) @ (S.T @ T.T)) @ data("x", m))


def part_that_comes_later() -> Program:
    """What relu was made of at the first step does not show what came in before the second."""
    u, w = data("u", n), data("w", n)
    b, c = parameter("b", n, init=zero, rate="-1/4"), parameter("c", n, init=zero, rate="1")
    loss = -(n**-1 * (c @ relu(u + b))) - w @ b
    return moved("a part that comes later", loss, n**-1 * (c @ w))


def fresh(how: str) -> Program:
    """What is made of a new sample is independent of what the same was of an earlier one."""
    x, u, W = data("x", n, fresh=True), data("u", n), frozen("W", n, n)
    a = {"itself": x, "tanh": tanh(x), "image": W @ x, "product": u * x}[how]
    c = parameter("c", n, init=zero, rate="1")
    return Program(f"fresh, {how}", -(n**-1 * (c @ a)), OPTIMISERS["sgd"], [output("f", n**-1 * (c @ a))])


def fresh_slope() -> Program:
    """The few entries at which tanh bends are others with every sample, though all samples have u in common."""
    b = parameter("b", n, init=zero, rate="-1")
    x, u, v = data("x", n, fresh=True), data("u", n), data("v", n)
    f = v @ tanh(n ** "1/4" * (b + x + u))
    return Program("a fresh slope", -f, OPTIMISERS["sgd"], [output("f", n**-1 * since_start(f))])


def fresh_weight() -> Program:
    """What a weight made of one sample meets another by chance."""
    x, u = data("x", n, fresh=True), data("u", d)
    Q = parameter("Q", d, n, init=zero, rate="0")
    return Program("a fresh weight", -(u @ (Q @ x)), OPTIMISERS["sgd"], [output("f", u @ (Q @ x))])


def fresh_batch() -> Program:
    """The same of a batch, which is a matrix."""
    Z, Y = data("Z", n, m, fresh=True), data("Y", d, m)
    Q = parameter("Q", d, n, init=zero, rate="0")
    return Program("a fresh batch", -inner(Y, Q @ Z), OPTIMISERS["sgd"], [other("h", Q @ Z)])


def fresh_image() -> Program:
    """A vector that a batch made, under the transpose of another batch."""
    Z, y = data("Z", n, m, fresh=True), data("y", m)
    b = parameter("b", n, init=zero, rate="0")
    return Program("a fresh image", -(y @ (Z.T @ b)), OPTIMISERS["sgd"], [other("h", Z.T @ b)])


def fresh_mask() -> Program:
    """Where the mask of an earlier sample is zero, a smaller part with the mask of this one decides the sign."""
    a, v, w = relu(data("x", n, fresh=True)), data("v", n), data("w", n)
    b, c = parameter("b", n, init=zero, rate="-1"), parameter("c", n, init=zero, rate="0")
    loss = -(c @ (v * a)) - b @ c - n ** "-1/4" * (b @ (w * a))
    return Program("a fresh mask", loss, OPTIMISERS["sign"], [output("g", n**-1 * (b @ w))])


def short_rows() -> Program:
    """The second step takes back part of the first: c u - sign(u) is zero at some rows, and these are short."""
    V = parameter("V", n, n, init=iid("-1/2"), rate="eta")
    error = n**-1 * (data("u", n) @ divide(V @ data("w", n), row_length(V))) + data("y")
    return Program("short rows", error * error, OPTIMISERS["sgd"], [other("V", V)])


def scaled_saturation() -> Program:
    """A step that is on the few entries only at which tanh still bends."""
    b = parameter("b", n, init=iid(0), rate="1/4")
    a = tanh(b * n ** "1/4")
    f = n ** "-1/2" * (data("v", n) @ a)
    return Program("scaled saturation", -f, OPTIMISERS["sgd"], [output("a", a), output("f", f)])


def bending(rate: str, u: Expression, read: Expression) -> Program:
    """b moves where tanh(n^(1/4) u + b) bends, on entries at which others, that u leads too, bend as well."""
    b = parameter("b", n, init=zero, rate=rate)
    w = data("w", n)
    loss = -(w @ tanh(n ** "1/4" * u + b))
    return Program("bends", loss, OPTIMISERS["sgd"], [output("f", n**-1 * (w @ tanh(read + b)))])


def slope_in_a_sign(u: Expression, beside: Expression) -> Program:
    """The sign of v + tanh'(n^(1/2) u) w is w on the n^(1/2) entries where u is small."""
    b, w = parameter("b", n, init=zero, rate="-1/4"), data("w", n)
    h = tanh(n ** "1/2" * u + b)
    watch = [output("g", n**-1 * (w @ b)), output("f", n**-1 * (w @ h))]
    return Program("a slope in a sign", -(w @ h) - beside @ b, OPTIMISERS["sign"], watch)


def sign_by_a_bound() -> Program:
    """The sign of 2 x + n^(1/2) relu(x) is that of x. Its mean, of no size, multiplies a in the gradient of e."""
    b, e = (parameter(name, n, init=zero, rate="0") for name in "be")
    x, c = data("x", n), data("c", n)
    mean = n**-1 * (relu(data("y", n)) @ b)
    loss = -((2 * x + n ** "1/2" * relu(x)) @ b) - mean * (data("a", n) @ e) - n ** "-1/4" * (c @ e)
    return moved("a sign by a bound", loss, n**-1 * (c @ e), "sign")


def dense_saturation() -> Program:
    """A step of n^(1/4) on every entry makes as many times more of them answer as it is large."""
    b = parameter("b", n, init=iid("1/2"), rate="1/4")
    return Program("dense saturation", -(data("u", n) @ b), OPTIMISERS["sgd"], [output("a", tanh(b))])


def memory(optimiser: str) -> Program:
    """Where tanh has saturated at the first step, the second divides by what is remembered of it."""
    b, w = parameter("b", n, init=zero, rate="1"), data("w", n)
    loss = -(data("v", n) @ tanh(b)) - n ** "-1/2" * (w @ b)
    return moved("memory", loss, n**-1 * (w @ b), optimiser)


def lengths() -> Program:
    """Rows of length one, of which a step adds n^-1 along and n^-1 across."""
    W = parameter("W", n, n, init=iid("-1/2"), rate="-1")
    added = other("l", since_start(row_length(W)))
    return Program("lengths", -(data("v", n) @ (W @ data("x", n))), OPTIMISERS["sgd"], [added])


def lengths_that_decay(entry: str, decay: str) -> Program:
    """Rows of V + W, of which the decay of W takes a share: along W's own rows, and by chance along V's."""
    W, V = (
        parameter("W", n, n, init=iid(entry), rate="-1"),
        frozen("V", n, n, entry="-1/2" if entry != "-1/2" else "-9"),
    )
    added = other("l", since_start(row_length(V + W)))
    loss = n**-9 * (data("v", n) @ (W @ data("x", n)))
    return Program("lengths that decay", loss, decayed(sgd(), decay), [added])


def batch_of_squares() -> Program:
    """A weight moved by the signs of a batch, on the batch and on a sample that no step saw."""
    Z, Y, N = data("Z", n, m), data("Y", n, m), m
    Q = parameter("Q", n, n, init=iid("-1/2"), rate="-1")
    error = Q @ Z - Y
    watch = [other("h", Q @ Z), other("unseen", Q @ data("c", n)), other("e", n**-1 * inner(Y, Q @ Z))]
    return Program("a batch", n**-1 * (N**-1 * inner(error, error)), OPTIMISERS["sign"], watch)


def batch_of_a_layer(init: str, optimiser: str, rate: str) -> Program:
    """An adapter on a batch of n^(1/2) samples whose error signals are given."""
    Z, Y, N, r = data("Z", n, m), data("Y", n, m), m, Dim("r", 0)
    A = parameter("A", r, n, init=iid("-1/2") if init == "A" else zero, rate=rate)
    B = parameter("B", n, r, init=zero if init == "A" else iid("-1/2"), rate=rate)
    made = B @ (A @ Z)
    watch = [
        other("o", made),
        other("unseen", B @ (A @ data("q", n))),
        other("t", n**-1 * inner(data("T", n, m), made)),
    ]
    return Program("a batch", -(n**-1 * (N**-1 * inner(Y, made))), OPTIMISERS[optimiser], watch)


def turned_along_itself(phi: Callable[[Expression], Expression] = tanh) -> Program:
    """P moves what phi is of along the signals U, and the slope of phi makes of U * U * (W Z) a step of W along W."""
    W, P = parameter("W", n, n, init=iid("-1/2"), rate=-1), parameter("P", n, n, init=iid("-1/2"), rate="-1/2")
    made = phi(W @ data("Z", n, m) + P @ data("X", n, m))
    loss = -(m**-1 * inner(data("U", n, m), made))
    watch = [output("q", n**-1 * inner(W, W)), output("made", made)]
    return Program("turned along itself", loss, OPTIMISERS["sgd"], watch)


def readout_of_a_batch(phi: Callable[[Expression], Expression], optimiser: str = "sgd") -> Program:
    """A readout of phi(W Z), read on a sample that no step saw: what all entries of phi have in common reaches it."""
    W, c = frozen("W", n, n), parameter("c", n, init=zero, rate=0)
    loss = -(m**-1 * (data("y", m) @ (c @ phi(W @ data("Z", n, m)))))
    watch = [output("g", n**-1 * (c @ phi(W @ data("x", n)))), other("c", c)]
    return Program("a readout of a batch", loss, OPTIMISERS[optimiser], watch)


def two_layers_of_a_batch(phi: Callable[[Expression], Expression], rate: str = "1/2") -> Program:
    """V phi(W Z) trained on error signals of all outputs."""
    W, V = (parameter(name, n, n, init=iid("-1/2"), rate=rate) for name in "WV")
    h = W @ data("Z", n, m)
    made = V @ phi(h)
    loss = -(n**-1 * (m**-1 * inner(data("U", n, m), made)))
    return Program("two layers of a batch", loss, OPTIMISERS["sgd"], [output("h", h), output("o", made)])


def large_steps_of_a_square() -> Program:
    """What is bounded changes by no more than its bound, along anything."""
    b = parameter("b", n, init=iid(0), rate="1/2")
    a = tanh(b * b)
    return Program("large steps", -(n ** "-1/2" * (data("v", n) @ a)), OPTIMISERS["sign"], [output("a", a)])


def undone(optimiser: str) -> Program:
    """A step of one size overshoots a small target, and the next one takes it back."""
    E = parameter("E", n, d, init=iid("-1/2"), rate="1/2")
    f = n**-1 * (data("v", n) @ (E @ data("x", d)))
    error = f - data("y", entry="-1/4")
    return Program("undone", error * error, OPTIMISERS[optimiser], [output("f", f)])


def epsilon() -> Program:
    """Adam where epsilon is larger than the gradient."""
    return lora("A").replaced(optimiser=adam(epsilon="3/2")).substitute({"eta": "-1/2"})


def halfway() -> Program:
    """Shampoo halfway between gradient descent and Muon."""
    return lora("A").replaced(optimiser=Shampoo(Fraction(1, 4))).substitute({"eta": "-1/2"})


def outgrown_start() -> Program:
    """The sign of B'v is along the step that B took, and B'B divides by that step's square nearly all there is."""
    few = Dim("r", "1/4")
    A = parameter("A", few, n, init=iid("-1/2"), rate="-1")
    B = parameter("B", n, few, init=iid("-1/2"), rate="0")
    made = A @ data("x", n)
    return Program(
        "an outgrown start", -(data("v", n) @ (B @ made)), OPTIMISERS["sign-riemannian"], [output("a", made)]
    )


def damping() -> Program:
    """A damping that is larger than what it is added to."""
    layer = lora("general", a0="0", b0="-1/2")
    return layer.replaced(optimiser=RiemannianSGD(damping=order("2"))).substitute({"eta": "-1/2"})
