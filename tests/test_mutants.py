"""The tests of the calculus can fail: each of many small changes to it is seen by a program whose exponents are known.

A mutant changes one exponent of a rule by 1/4 or 1/2, or one word of how directions are told apart, and names a program
(``tests/oracle/cases.py``) that must then come out wrong. What is changed without a trace needs a program of its own,
or a proof that it does not matter: components that are covered may be left out (the lemma of ``docs/explanation.md``),
and all vectors of a fixed axis may share one name (``calculus/direction.py``).
"""

from __future__ import annotations

from typing import Final

import pytest

pytest.importorskip("torch")

from mutation import Mutant, mutated
from oracle import rules
from oracle.cases import CASES, Case
from oracle.comparison import derived, marked
from oracle.limit import limit

from gamma_calc import Program, adam, decayed, derive, lora
from gamma_calc.errors import GammaError

BY_NAME = {case.name: case for case in CASES}
BOUNDS = {
    "entries: a square beside two",  # whose orders are given as bounds, which they reach
    "deep: six layers of tanh",
    "entries: products inside products",
    "entries: beside a square, sgd",
    "entries: beside a square, sign",
    "entries: a square in a sign",
    "entries: a square beside a product in a sign",
    "entries: a relu of a square",
    "entries: a sign of what bends",
    "entries: a sign by a bound",
    "layer: memory of lion",
    "entries: a mask in what is watched",
    "entries: a changed sign",
    "entries: a saturated scalar",
    "entries: sums that have moved",
    "entries: masks of few",
}
ASIDE = {  # whose orders are bounds that are not reached, or that take long where nothing is left out
    "layer: sign-riemannian, an outgrown start",
    "entries: two values in a sign",
    "entries: sums that bend apart",
    "words: turned behind a matrix",
    "layer: undone, muon",
    "layer: undone, shampoo",
    "deep: six layers of tanh",
    "batch: a slope turns a weight along itself",
    "batch: a readout of an adapter",
    "entries: a mask of a step that moved by less",
    "entries: a mask that was, lion",
    "entries: a mask that was, adam",
    "entries: a mask that moved, lion",
    "entries: a mask that moved, adam",
    "entries: a slope that moved, lion",
    "entries: a slope that moved, adam",
}


# Where, what gives way, to what, and the program that sees it.
EXPONENTS: Final = (
    Mutant(
        "operations.add:Add.orders",
        "yield Contribution(direction, order, SUM)",
        "yield Contribution(direction, order + QUARTER, SUM)",
        "words: a smaller image",
    ),
    Mutant("calculus.contractions:_moved", "by + c.order", "by + c.order - QUARTER", "a given start"),
    Mutant(
        "operations.scale:Scale.orders", "size + self.power.exponent", "size + self.power.exponent * 2", "a given start"
    ),
    Mutant("operations.hadamard:Hadamard.orders", "a + b", "a + b - HALF", "words: images of what overlaps"),
    Mutant("calculus.contractions:PairwiseProduct.of", "a + b", "a + b + QUARTER", "layer: lengths of rows"),
    Mutant("operations.rescaled:Rescaled.orders", "exponent / 2", "exponent", "layer: muon"),
    Mutant("operations.rescaled:Rescaled.orders", "length * self.power", "length * self.power / 2", "layer: muon"),
    Mutant("operations.gram:GramInverseOfImage.orders", "- eigenvalue", "- eigenvalue + HALF", "layer: riemannian-sgd"),
    Mutant("operations.gram:GramInverse.orders", "size - least", "size - least - HALF", "layer: sign-riemannian"),
    Mutant(
        "operations.gram:_Preconditioned._least", "2 * size + length", "2 * size + length / 2", "layer: sign-riemannian"
    ),
    Mutant(
        "operations.elementwise:Elementwise._of",
        "size_on(self.function, share)",
        "size_on(self.function, share) + QUARTER",
        "words: through tanh",
    ),
    Mutant(
        "operations.elementwise:Elementwise._of",
        "self.function.at_zero,",
        "self.function.at_zero + QUARTER,",
        "tanh at zero",
    ),
    Mutant(
        "operations.difference:_along_slopes",
        "size + factor + gain",
        "size + factor + gain - QUARTER",
        "entries: a mask twice",
    ),
    Mutant("operations.difference:_averaged", "maximum(0, change) / 2", "maximum(0, change)", "entries: a dense step"),
    Mutant("calculus.activation:parts_of", "x.times(-size)", "x.times(-size - QUARTER)", "words: through tanh"),
    Mutant(
        "calculus.activation:parts_of", "yield ONES, mean", "yield ONES, mean - HALF", "entries: a square beside two"
    ),
    Mutant(
        "calculus.activation:activation",
        "function.kept(bending) + size if",
        "function.kept(bending) + size - QUARTER if",
        "words: through tanh",
    ),
    Mutant(
        "calculus.function:Function.bending",
        "maximum(0, size) / power",
        "maximum(0, size)",
        "entries: beside a square, sgd",
    ),
    Mutant(
        "operations.transpose:Transpose.orders",
        "transposed(direction), order",
        "transposed(direction), order + QUARTER",
        "a given start",
    ),
    Mutant("operations.outer:OuterProduct.orders", "a + b", "a + b + QUARTER", "layer: sgd"),
    Mutant("operations.product:Product.orders", "c + size", "c + size - QUARTER", "a given start"),
    Mutant("operations.relu:RELU.size", "same", "lambda size: size + QUARTER", "entries: a part that comes later"),
    Mutant("operations.relu:RELU.mean", "same", "lambda size: size - HALF", "1.5 even of a mean"),
    Mutant(
        "operations.relu:RELU.kept", "constant", "lambda size: constant(size) - HALF", "words: images of what overlaps"
    ),
    Mutant("operations.relu:RELU.even", "same", "lambda size: size - HALF", "1.2 gate"),
    Mutant(
        "operations.relu:STEP.size", "constant", "lambda size: constant(size) + QUARTER", "entries: a mask in a sign"
    ),
    Mutant("operations.relu:STEP.mean", "constant", "lambda size: constant(size) - QUARTER", "two samples, sign"),
    Mutant(
        "operations.relu:STEP.kept", "reciprocal", "lambda size: reciprocal(size) - HALF", "entries: a mask in a sign"
    ),
    Mutant("operations.relu:STEP.odd", "constant", "lambda size: constant(size) - HALF", "mask of three"),
    Mutant("operations.tanh:TANH.size", "_bounded", "lambda size: _bounded(size) + QUARTER", "entries: a square"),
    Mutant(
        "operations.tanh:TANH.kept", "_saturation", "lambda size: _saturation(size) - QUARTER", "words: through tanh"
    ),
    Mutant("operations.tanh:TANH.odd", "_cubic", "lambda size: _cubic(size) - HALF", "1.2 cubic gate"),
    Mutant(
        "operations.tanh:SECH2.size",
        "_slope_size",
        "lambda size: _slope_size(size) + QUARTER",
        "entries: a sparse step",
    ),
    Mutant(
        "operations.tanh:SECH2.mean",
        "_saturation",
        "lambda size: _saturation(size) / 2",
        "entries: dense beside sparse",
    ),
    Mutant(
        "operations.tanh:SECH2.even", "_slope_square", "lambda size: _slope_square(size) - HALF", "1.5 even of a mean"
    ),
    Mutant("operations.tanh:SECH2.at_zero", "order(0)", "QUARTER", "tanh at zero"),
    Mutant("operations.sign:SIGN.size", "constant", "lambda size: constant(size) + QUARTER", "layer: sign-riemannian"),
    Mutant(
        "operations.sign:SIGN.kept", "reciprocal", "lambda size: reciprocal(size) - QUARTER", "layer: sign-riemannian"
    ),
    Mutant("language.leaves:Data.orders", "self.entry", "self.entry + QUARTER", "a given start"),
    Mutant("language.leaves:Frozen.orders", "self.entry", "self.entry + QUARTER", "a given start"),
    Mutant("language.leaves:Parameter.orders", "self.entry", "self.entry - QUARTER", "entries: dense beside sparse"),
    Mutant("calculus.contraction:inner", "dim.exponent + shared", "dim.exponent / 2 + shared", "a given start"),
    Mutant(
        "calculus.contraction:_images",
        "matrix.inner.exponent * premises.sums.gain",
        "matrix.inner.exponent",
        "a given start",
    ),
    Mutant(
        "calculus.contraction:_images",
        "matrix.outer.exponent / 2",
        "matrix.outer.exponent / 4",
        "a given start",
    ),
    Mutant("calculus.contraction:_images", "back + along", "back + along - QUARTER", "words: a tall return"),
    Mutant(
        "calculus.contraction:act",
        "yield Contribution(matrix.left, scalar.order, scalar.lemma)",
        "yield Contribution(matrix.left, scalar.order - QUARTER, scalar.lemma)",
        "layer: riemannian-sgd from B",
    ),
    Mutant("calculus.contraction:act", "dim.exponent / 2", "dim.exponent", "words: an identity"),
    Mutant("calculus.contraction:multiply", "dim.exponent / 2", "dim.exponent", "words: an identity on the right"),
    Mutant(
        "calculus.contraction:_matrix_product_on",
        "part.order - inside",
        "part.order - inside + QUARTER",
        "words: a product first",
    ),
    Mutant(
        "calculus.words:root_of",
        "Fraction(count, 2)",
        "Fraction(count)",
        "words: a product first",
    ),
    Mutant("calculus.overlap:overlap", "chance = dim.independent_overlap", "chance = order(-1)", "1.3 saturated, sign"),
    Mutant("optimisers.sgd:SGD.orders", "ZERO, gradient", "ZERO, gradient.times(QUARTER)", "a given start"),
    Mutant(
        "optimisers.adam:Adam.orders",
        "Value.collect(normalised(mean, site, self.epsilon))",
        "Value.collect(normalised(mean, site, self.epsilon)).times(QUARTER)",
        "layer: adam",
    ),
    Mutant("optimisers.adam:Adam.orders", "self.epsilon", "self.epsilon + HALF", "layer: epsilon"),
    Mutant(
        "optimisers.lion:Lion.orders",
        "Value.collect(normalised(mean, site))",
        "Value.collect(normalised(mean, site)).times(QUARTER)",
        "layer: lion",
    ),
    Mutant("optimisers.lion:Lion.signed", "memory.plus(gradient)", "gradient", "layer: memory of lion"),
    Mutant(
        "optimisers.sign:Sign.orders",
        "Value.collect(normalised(gradient, site))",
        "Value.collect(normalised(gradient, site)).times(QUARTER)",
        "entries: beside saturated",
    ),
    Mutant(
        "optimisers.shampoo:Shampoo.optimiser_input",
        "outer(rescaled(u, 2 * self.power)",
        "outer(rescaled(u, self.power)",
        "layer: muon",
    ),
    Mutant(
        "optimisers.shampoo:Shampoo.optimiser_input",
        "rescaled(w, 2 * self.power)",
        "rescaled(w, self.power)",
        "layer: muon",
    ),
    Mutant(
        "optimisers.riemannian:Riemannian._preconditioned",
        'outer(gram_inverse(tensors["B"].T, u, self._damped), w)',
        "outer(u, w)",
        "layer: damping",
    ),
    Mutant("optimisers.riemannian:SignRiemannian.optimiser_input", "sign(u)", "u", "layer: sign-riemannian"),
    Mutant(
        "calculus.sign:normalised",
        "_divisor(value, order, inside), floor)",
        "_divisor(value, order, inside), floor) - QUARTER",
        "entries: beside saturated",
    ),
)
TOKENS: Final = (
    Mutant(
        "calculus.numbered_directions:NumberedDirections._part",
        "min(len(functions), 1) + any(",
        "0 * any(",
        "entries: a part twice",
    ),
    Mutant(
        "calculus.numbered_directions:NumberedDirections._part",
        "_has_a_cube(f, part)",
        "False",
        "entries: a sign of a small function",
    ),
    Mutant(
        "operations.inner:Inner.orders",
        "a + b + entries + shared",
        "a + b + entries / 2 + shared",
        "batch: sign steps of a square",
    ),
    Mutant(
        "calculus.words:trace",
        "word[0].outer.exponent / 2 + raw_size(word)",
        "raw_size(word)",
        "batch: sign steps of a square",
    ),
    Mutant("calculus.words:trace", "if i else word[1:-1]", "if i else word[2:]", "batch: descent from B"),
    Mutant("calculus.words:word_overlap", "- _raw_size_on(right, rows)", "", "batch: sign steps of a square"),
    Mutant(
        "calculus.words:word_shows",
        "_least_chance(begins) + _least_chance(ends)",
        "order(0)",
        "batch: sign steps of a square",
    ),
    Mutant(
        "calculus.words:join", "c.order + dim.exponent - side.exponent", "c.order + dim.exponent", "batch: adam from A"
    ),
    Mutant("calculus.words:join", "dim.exponent - side.exponent / 2", "dim.exponent", "Gram of growing rank"),
    Mutant("calculus.words:join", "dim.exponent / 2, CENTRAL", "dim.exponent, CENTRAL", "words: a product first"),
    Mutant(
        "calculus.overlap:with_update",
        "rows.independent_overlap + agree(back",
        "agree(back",
        "1.3 saturated, sign, larger",
    ),
    Mutant("calculus.activation:shown_at_most", "at_most(size, -few)", "size", "entries: bounded on few"),
    Mutant("operations.elementwise:Elementwise.may_vanish", "dim.is_fixed", "False", "entries: masks of few"),
    Mutant("calculus.shares:left_at", "if masks[d].keys().isdisjoint(places)", "if True", "entries: beside zeros"),
    Mutant("calculus.shares:_single", "if not nowhere_above(", "if True or (", "two samples, sign"),
    Mutant("calculus.shares:_hiding", "yield places", "yield from ()", "entries: beside two masks"),
    Mutant("calculus.shares:_jointly", "combinations(places, count)", "()", "entries: masks together"),
    Mutant(
        "operations.difference:Difference.orders",
        "yield from self._left_or_come_to(share, old, moved, premises)",
        "pass",
        "entries: edges along x at 0",
    ),
    Mutant("operations.difference:_edges", "moved.share / 2", "moved.share", "entries: edges along v at -1/4"),
    Mutant(
        "engine.run:_seen_apart",
        "yield from moved.seen(tensor.alone, revived=False)",
        "yield from ()",
        "entries: a mask that moved, adam",
    ),
    Mutant(
        "engine.moved_masks:with_moving_masks",
        "signed(d) if signed(d) in shown else d",
        "d",
        "entries: a slope that moved, adam",
    ),
    Mutant(
        "operations.difference:_spread", "if concentration(direction) == 0", "if False", "entries: turned away, tanh"
    ),
    Mutant("operations.difference:_farther", "moved - before.order", "MINUS_INFINITY", "entries: turned away, relu"),
    Mutant(
        "calculus.mask_times:_of_earlier_step",
        "times - {NOW} | {EARLIER}",
        "times",
        "entries: a mask of a step in a sign",
    ),
    Mutant(
        "engine.evaluate:Evaluation._may_stay",
        "if not one.at_present",
        "if True",
        "entries: a mask of a step in a sign",
    ),
    Mutant(
        "operations.gram:_Preconditioned._own",
        "2 * size + many",
        "2 * size + many / 2",
        "layer: riemannian-sgd from B",
    ),
    Mutant(
        "operations.gram:_Preconditioned._own",
        "few if isinstance(direction, Outer) else 0",
        "0",
        "layer: riemannian-sgd, growing rank",
    ),
    Mutant("operations.sign:SIGN.odd", "constant", "nothing", "entries: a sign of three"),
    Mutant("calculus.activation:parts_of", "share / x.power", "share", "entries: a relu of a square"),
    Mutant("calculus.pruning:_dominates", " * power", "", "entries: a square beside a product in a sign"),
    Mutant(
        "calculus.sign:normalised", "inside), floor)) / value.power", "inside), floor))", "entries: a square in a sign"
    ),
    Mutant("operations.hadamard:Hadamard.power_of", "left & right", "False", "entries: a square in a sign"),
    Mutant(
        "calculus.shares:size_on",
        "function.bending(counted(function, share.x), share.x.power)",
        "share.x.order",
        "entries: beside a square, sgd",
    ),
    Mutant("calculus.overlap:_parts_needed", "2 if inside else 1", "1", "entries: means of parts"),
    Mutant("engine.evaluate:Evaluation._knows_less", "<", ">", "words: through two relus"),
    Mutant(
        "calculus.contraction:_images",
        "made == v or along != matrix.inner.independent_overlap",
        "made == v",
        "words: through tanh",
    ),
    Mutant(
        "calculus.contraction:_images",
        "made == v or along != matrix.inner.independent_overlap",
        "False",
        "words: a tall return",
    ),
    Mutant(
        "calculus.contraction:multiply",
        "isinstance(left, Identity) or isinstance(right, Identity)",
        "isinstance(left, Identity)",
        "words: an identity on the right",
    ),
    Mutant("calculus.overlap:pair", "one.matrix == two.matrix", "True", "words: images of two matrices"),
    Mutant(
        "calculus.overlap:moment",
        "hidden = noise_within(those)",
        "hidden = MINUS_INFINITY",
        "entries: products inside products",
    ),
    Mutant(
        "calculus.overlap:_noise_in_factor", "(size + inside for", "(MINUS_INFINITY for", "deep: six layers of tanh"
    ),
    Mutant("calculus.contraction:_images", "back + hidden", "fresh + hidden - 1", "deep: six layers of tanh"),
    Mutant("calculus.overlap:MOST_MOMENTS", "8", "2", "1.2 cubic gate"),
    Mutant("calculus.overlap:MOST_MOMENTS", "8", "1", "1.2 gate"),
    Mutant("calculus.overlap:_parts_needed", " + 2 * len(functions)", "", "relu of tanh"),
    Mutant(
        "calculus.entrywise_products:gain_of_both",
        "minimum(concentration_of(one), concentration_of(two))",
        "order(0)",
        "1.3 saturated",
    ),
    Mutant(
        "calculus.entrywise_products:gathered",
        "gain += gain_of_both(known, one)",
        "gain += 0",
        "1.3 saturated",
    ),
    Mutant(
        "calculus.entrywise_products:is_version",
        "and led_alike(one, two)",
        "",
        "entries: a step larger than what it moves",
    ),
    Mutant("calculus.led_alike:_is_same", "and all(any(", "and any(any(", "entries: a step of one factor"),
    Mutant(
        "calculus.numbered_directions:NumberedDirections.gathered",
        "atoms ^= {one}",
        "atoms |= {one}",
        "words: through tanh",
    ),
    Mutant(
        "calculus.entrywise_products:together",
        "1 if one.function.idempotent else _like(one.power + two.power)",
        "1",
        "entries: a square",
    ),
    Mutant("calculus.entrywise_products:together", "1 if one.function.idempotent else", "", "entries: a mask twice"),
    Mutant("calculus.bends:bend_together", "is_bend(one) and", "False and", "entries: bends at two places"),
    Mutant("calculus.bends:bend_apart_since", '"<"', '">"', "entries: sums that have moved"),
    Mutant("calculus.bends:difference", "*moving", "", "entries: bends that move apart"),
    Mutant("calculus.bends:most_shared", "*(_size(f)", "*(0 * _size(f)", "entries: what a slope made"),
    Mutant("calculus.bends:shared_by", "difference(argument, _argument(bend))", "whole", "entries: what a slope made"),
    Mutant("calculus.bends:smaller_by", "*map(_size, alike)", "order(0)", "entries: a sign of what bends"),
    Mutant("calculus.sign:normalised", "if has_bend(direction) else", "if False else", "entries: a slope in a sign"),
    Mutant("calculus.sign:_divisor", "value.least is None", "True", "entries: a sign by a bound"),
    Mutant("calculus.bends:concentration_of", "-share", "order(0)", "entries: a sparse step"),
    Mutant("calculus.bends:concentration_of", "-share", "-mean", "entries: a square"),
    Mutant("calculus.entrywise_products:order_of_moment", "kept if count else mean", "mean", "words: through tanh"),
    Mutant("calculus.entrywise_products:order_of_moment", "odd if count % 2 else even", "even", "1.2 cubic gate"),
    Mutant("calculus.entrywise_products:order_of_moment", "odd if count % 2 else even", "odd", "entries: a mask twice"),
    Mutant(
        "calculus.entrywise_products:order_of_moment",
        "maximum(kept, odd)",
        "odd",
        "entries: a sign of a small function",
    ),
    Mutant("calculus.parity:_of_function", "one.power % 2", "1", "entries: a square"),
    Mutant(
        "calculus.sign:normalised", "if not _positive", "if False and _positive", "entries: a positive factor in a sign"
    ),
    Mutant("engine.sign_moments:REST.odd", "constant", "nothing", "entries: signs of a sum, sign"),
    Mutant("engine.sign_moments:_has_products", "> 2", "> 3", "entries: signs of a sum, adam"),
    Mutant(
        "engine.sign_moments:_of_a_matrix",
        "yield from _of_both(terms, site, power)",
        "",
        "words: signs of three samples",
    ),
    Mutant("engine.sign_moments:_has_more", "len(f.parts) > 2", "False", "entries: signs of a mask of a sum"),
    Mutant(
        "calculus.pairing:PairingSearch._givings",
        "for function, part in givers",
        "for function, part in ()",
        "words: through tanh",
    ),
    Mutant(
        "calculus.pairing:PairingSearch._further",
        "function == first or self.known.is_in(first, part)",
        "False",
        "1.5 even of a mean",
    ),
    Mutant(
        "calculus.pairing:PairingSearch._with",
        "given[function] |= {(part.number, sum(number == part.number for number, _ in given[function]))}",
        "given[function] |= set()",
        "words: through tanh",
    ),
    Mutant(
        "calculus.numbered_directions:NumberedDirections._has",
        "any(self.mentions(inside, wanted) for inside in self.parts_of(factor))",
        "False",
        "gate of relu of relu",
    ),
    Mutant(
        "calculus.overlap:images_within",
        "yield from chain.from_iterable(images_within(part, matrix) for part, _ in factor.parts)",
        "yield from ()",
        "words: through tanh",
    ),
    Mutant(
        "calculus.showing:_shown",
        "yield shows(u.of, v.of, u.matrix.inner, floor, depth)",
        "yield order(0)",
        "words: a smaller image from a shorter axis",
    ),
    Mutant(
        "calculus.entrywise_products:size_given",
        "not one.function.is_bounded or is_linear(one)",
        "False",
        "entries: a function of a sparse step",
    ),
    Mutant("calculus.sign:_positive", "and not is_even(f)", "and is_even(f)", "entries: a positive factor in a sign"),
    Mutant(
        "calculus.entrywise_products:together",
        "maximum(even, kept",
        "maximum(even, even + kept",
        "entries: a mask that a step moves",
    ),
    Mutant("calculus.direction:within", "direction.of_atoms", "direction.named", "entries: a mask before and after"),
    Mutant("calculus.showing:_shows_parts", "one.power != two.power", "False", "entries: a square beside"),
    Mutant(
        "calculus.showing:_steps", "_shows_parts(f, twin, dim, floor, depth)", "order(0)", "entries: a square beside"
    ),
    Mutant("calculus.direction:on_axis", "dim.is_fixed", "True", "words: three times back"),
    Mutant(
        "calculus.earlier_steps:_sample",
        "and sample.name in fresh",
        "and isinstance(sample, RandomMatrix)",
        "fresh: itself",
    ),
    Mutant(
        "calculus.earlier_steps:_vector",
        "_vector(of, drawn, fresh)",
        "of",
        "fresh: image",
    ),
    Mutant(
        "calculus.earlier_steps:_vector",
        "Entrywise(frozenset(_vector(f, drawn, fresh) for f in those))",
        "direction",
        "fresh: product",
    ),
    Mutant(
        "calculus.direction:Activation.is_positive",
        "self.function.positive and not self.function.vanishes",
        "self.function.positive",
        "entries: a mask in a sign",
    ),
    Mutant(
        "calculus.direction:Activation.is_positive",
        "self.function.positive and not self.function.vanishes",
        "False",
        "1.3 saturated, sign, larger",
    ),
    Mutant("calculus.direction:Activation.is_sparse", "self.function.vanishes or", "", "entries: rows and columns"),
    Mutant("calculus.direction:Activation.is_sparse", "self.moments[0] != 0", "False", "entries: beside saturated"),
    Mutant("calculus.direction:nested", "1 + max", "max", "entries: products inside products"),
    Mutant("operations.hadamard:MOST_FACTORS", "8", "2", "entries: a mask twice"),
    Mutant("operations.hadamard:MOST_FACTORS", "8", "5", "1.6 a product of six"),
    Mutant("operations.hadamard:MOST_NESTED", "4", "1", "entries: four inside"),
    Mutant("operations.hadamard:MOST_NESTED", "4", "3", "entries: four inside"),
    Mutant("calculus.sign:_largest_within", "if zeros[direction] <= places", "if True", "entries: beside saturated"),
    Mutant("calculus.sign:normalised", "signed(direction)", "direction", "1.3 saturated, sign, larger"),
    Mutant("calculus.sign:masks", "and f.is_sparse", "and False", "entries: beside saturated"),
    Mutant("calculus.sign:masks", "and f.is_sparse", "and True", "entries: beside dense"),
    Mutant("calculus.sign:masks", 'f"{side} {p.site}"', "p.site", "entries: rows and columns"),
    Mutant("calculus.pruning:_dominates", "return orders.may_be_below(", "return True or (", "1.5 even of a mean"),
    Mutant(
        "calculus.contractions:_Vector.others",
        "len(near) < len(self.kindred.all)",
        "False",
        "words: three times back",
    ),
    Mutant("calculus.kinship:Kindred.near", "self.families.get(None, {})", "{}", "1.3 saturated"),
    Mutant(
        "calculus.kinship:Kindred.near", "relatives if own.closer is None else", "not relatives or", "1.3 saturated"
    ),
    Mutant("calculus.pruning:_undominated", "zeros[d] <= zeros[direction]", "True", "entries: beside saturated"),
    Mutant(
        "calculus.pruning:_undominated",
        "zero_sets(direction) if zeros_show else NOWHERE",
        "NOWHERE",
        "entries: beside saturated",
    ),
    Mutant("operations.difference:Difference.orders", "old.plus(change)", "old", "tanh at zero"),
    Mutant("operations.relu:RELU.even", "same", "lambda _: RELU.at_zero", "1.2 gate"),
    Mutant("operations.relu:STEP.odd", "constant", "lambda _: RELU.at_zero", "mask of three"),
    Mutant("operations.tanh:TANH.odd", "_cubic", "nothing", "1.2 cubic gate"),
    Mutant("operations.tanh:SECH2.even", "_slope_square", "nothing", "1.5 even of a mean"),
    Mutant("operations.relu:RELU.vanishes", "True", "False", "entries: rows and columns"),
    Mutant("operations.relu:STEP.vanishes", "True", "False", "entries: a mask in a sign"),
    Mutant("operations.relu:STEP.idempotent", "True", "False", "entries: a mask twice"),
    Mutant("operations.tanh:SECH2.idempotent", "True", "False", "saturated through a matrix, sign"),
    Mutant("operations.tanh:SECH2.positive", "True", "False", "entries: beside saturated"),
    Mutant(
        "calculus.pairing:PairingSearch._with",
        "products(part.sizes, (gain,))",
        "part.sizes",
        "entries: a function of a sparse step",
    ),
    Mutant(
        "calculus.shares:_shares",
        "yield from _shares(here)",
        "yield from ()",
        "entries: beside two zeros",
    ),
    Mutant("calculus.shares:_shares", ", whole.entries)", ")", "entries: on two zeros"),
    Mutant("calculus.contraction:comes_with_larger", "not zero_sets(of) and ", "", "words: a mask that returns"),
    Mutant("calculus.contraction:comes_with_larger", "is_covered(tuple(matrices))", "True", "words: a tall matrix"),
    Mutant(
        "calculus.overlap:with_update",
        "columns.independent_overlap + agree(image",
        "columns.independent_overlap * 2 + agree(image",
        "words: an update by a word",
    ),
    Mutant(
        "calculus.overlap:with_update",
        "rows.independent_overlap + agree(update",
        "agree(update",
        "words: an update and an identity",
    ),
    Mutant(
        "calculus.earlier_steps:drawn_before",
        "Outer(_vector(left, drawn, fresh), _vector(right, drawn, fresh))",
        "direction",
        "fresh: a weight",
    ),
    Mutant(
        "calculus.earlier_steps:from_previous_step",
        "drawn_before(drawn_before(direction, LAST, fresh), PRESENT, fresh)",
        "drawn_before(drawn_before(direction, PRESENT, fresh), LAST, fresh)",
        "fresh: an adapter",
    ),
    Mutant(
        "calculus.earlier_steps:_sample",
        "and sample.name in fresh",
        "and isinstance(sample, GivenVector)",
        "fresh: a batch",
    ),
    Mutant(
        "calculus.earlier_steps:_vector",
        "[_sample(matrix, drawn, fresh) for matrix in matrices]",
        "matrices",
        "fresh: an image of a batch",
    ),
    Mutant(
        "calculus.words:_shortened",
        "_raw_size_on(rest, matrix.inner), _shortened(rest)",
        "_raw_size_on(rest, matrix.inner) + QUARTER, _shortened(rest)",
        "words: a tall matrix",
    ),
    Mutant(
        "calculus.words:_shortened",
        "matrix.inner), _shortened(rest)",
        "matrix.inner), _shortened(rest) + QUARTER",
        "words: shortened twice",
    ),
    Mutant("calculus.words:trace", "turn + (trace", "turn / 2 + (trace", "words: one factor in two"),
    Mutant(
        "operations.batch_function:_along_products",
        "both + a + b",
        "both + a + b - HALF",
        "batch: a slope turns a weight along itself",
    ),
    Mutant(
        "operations.batch_function:_along_products",
        "function.mean(size)",
        "function.mean(size) - QUARTER",
        "batch: the mean of relu",
    ),
    Mutant(
        "operations.batch_function:ChangeOfFunction.orders",
        "at_most(c.order, most)",
        "at_most(c.order, most) - QUARTER",
        "batch: a slope turns a weight along itself",
    ),
)
WITHOUT_A_TRACE: Final = (  # what is left out is covered; what shares a name may
    Mutant("calculus.pruning:_dominates", "return orders.may_be_below(", "return False and ("),
    Mutant("calculus.pruning:_undominated", "if kindred.has_strangers(direction)", "if False"),
    Mutant("calculus.direction:on_axis", "dim.is_fixed", "False"),
    Mutant("calculus.direction:once_through", "axis.is_fixed", "False"),
    # Means below 1 are of sparse functions, and these cover nothing that is not as sparse: their own place, seen above.
    Mutant("calculus.showing:_steps", "yield mean, rest, v", "yield order(0), rest, v"),
    Mutant("calculus.contraction:_images", "premises.sums == CLT and", "False and"),
    Mutant("calculus.words:join", "has_shorter and is_covered(left + right)", "False"),
)


def is_right(case: Case) -> bool:
    """Whether every exponent of a case comes out as it is known to be, and as a bound only where it should."""
    try:
        with limit(20.0):
            found = derive(case.fixed)
            exact = all(str(derived(found, *key)) == right for key, right in case.truth.items())
            return exact and any(marked(found, *key) for key in case.truth) == (case.name in BOUNDS)
    except (AssertionError, GammaError, LookupError, RecursionError, TimeoutError, TypeError):
        return False


@pytest.mark.parametrize("mutant", [*EXPONENTS, *TOKENS], ids=str)
def test_a_mutant_is_seen(mutant: Mutant) -> None:
    case = BY_NAME[mutant.caught_by]
    assert is_right(case)
    with mutated(mutant):
        assert not is_right(case)
    assert is_right(case)


def test_every_rule_and_optimiser_has_a_mutant() -> None:
    assert len(EXPONENTS) > 25
    assert len({m.where for m in EXPONENTS}) > 25


@pytest.mark.parametrize("mutant", WITHOUT_A_TRACE, ids=str)
def test_what_may_be_left_out_decides_nothing(mutant: Mutant) -> None:
    with mutated(mutant):
        assert [case.name for case in CASES[::4] if not is_right(case) and case.name not in ASIDE] == []


@pytest.mark.parametrize(
    ("mutant", "program", "key", "right"),
    [
        (
            Mutant("optimisers.decayed:Decayed.own_motion", "Power(self.decay)", "Power(self.decay - QUARTER)"),
            lora("A").replaced(optimiser=decayed(adam(), "1/2")).substitute({"eta": "-1/2"}),
            ("delta3", 1),
            "-1/2",
        ),
        (
            Mutant("calculus.alignment:aligned", "- gradient.order", "- gradient.order - QUARTER"),
            lora("B", optimiser="sign").substitute({"eta": "-1"}),
            ("Z_B.aligned", 2),
            "-1/2",
        ),
        (
            Mutant(
                "calculus.contractions:_overlap_of_updates",
                "shared + overlap_of(a, b, (shape[1 - side],), premises)",
                "shared + a.order + b.order",
            ),
            lora("general", a0="-1/2", b0="-1/4", optimiser="riemannian-adam", rank="growing").substitute(
                {"eta": "-1/4", "rho": "1/2"}
            ),
            ("B.aligned", 2),
            "-1/2",
        ),
        (
            Mutant(
                "operations.difference:_along_slopes",
                "at_most(size + factor + gain + more, bound)",
                "size + factor + gain + more",
            ),
            rules.large_steps_of_a_square(),
            ("da.aligned", 1),
            "0",
        ),
        (
            Mutant("operations.rows:_row_products", "columns.exponent, LENGTH", "columns.exponent - HALF, LENGTH"),
            rules.lengths_that_decay("-1/2", "1/2"),
            ("l", 1),
            "-1/2",
        ),
        (
            Mutant("calculus.words:root_of", "Fraction(count, 2)", "count"),
            rules.lengths_that_decay("-3/2", "0"),
            ("l", 1),
            "-5/2",
        ),
    ],
    ids=["decay", "alignment", "updates", "a capped change", "lengths", "lengths of two"],
)
def test_nor_decay_and_alignment(mutant: Mutant, program: Program, key: tuple[str, int], right: str) -> None:
    assert str(derived(derive(program), *key)) == right
    with mutated(mutant):
        assert str(derived(derive(program), *key)) != right
