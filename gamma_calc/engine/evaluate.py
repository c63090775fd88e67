"""Evaluation of expressions in the symbolic reading: each node once, by its own rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import chain, combinations, product, starmap
from operator import attrgetter, or_

from gamma_calc.calculus.bends import bend_apart_since, bend_as_one, may_bend_apart
from gamma_calc.calculus.cancelling import may_have_two_values, nowhere_small, of_two_values
from gamma_calc.calculus.companions import without_companions
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import (
    Activation,
    FreshImage,
    MatrixProduct,
    Parts,
    RandomMatrix,
    VectorDirection,
    activations,
    as_vector,
    changing_orders,
    completed,
    holds_no_orders,
    is_bounded,
    is_noisy,
    on_axes,
)
from gamma_calc.calculus.kinship import Component
from gamma_calc.calculus.led_alike import by_what_leads, images_in_argument, led_alike, sites_of
from gamma_calc.calculus.lemmas import GIVEN
from gamma_calc.calculus.mask_times import ToldApart, site_of_mask, told_apart, turning
from gamma_calc.calculus.meeting import Notebook
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.pruning import prune_dominated
from gamma_calc.calculus.streams import Streams
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.calculus.versions import all_activations
from gamma_calc.engine.samples_of_steps import met_apart
from gamma_calc.engine.state import Led, State
from gamma_calc.exponents import (
    EVERYTHING,
    MINUS_INFINITY,
    NOTHING,
    Order,
    Region,
    Scope,
    largest,
    look,
    order,
    where,
    where_on,
)
from gamma_calc.language.expression import Expression, entries_agree, walk
from gamma_calc.language.program import Program
from gamma_calc.language.signature import signature


def _read(value: Value, read: Callable[[Order], Order]) -> Value:
    """The value with its orders as they are read, and those that its directions remember; itself if they are so."""
    sizes = map(read, value.components.values())
    plain = all(map(holds_no_orders, value.components))
    those = list(zip(value.components if plain else map(changing_orders(read), value.components), sizes, strict=True))
    is_read = value.least is None and all(map(_is_same, those, value.components.items()))
    return value if is_read else Value.merge(those, value.power)


def _is_same(one: Component, other: Component) -> bool:
    return one[0] is other[0] and one[1] is other[1]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The values of expressions at one state of the training; every node is computed at most once."""

    program: Program
    state: State
    divided: frozenset[int] = frozenset()  # the expressions that optimisers divide entry by entry
    _values: dict[int, tuple[Expression, Value]] = field(default_factory=dict)
    _sizes: dict[int, tuple[Expression, Order]] = field(default_factory=dict)
    _bounds: dict[int, Region] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)  # the masks of which it is being asked how far they have moved
    _made: dict[tuple[str, str, int], Parts] = field(default_factory=dict)  # what the function at a place is of
    _led: dict[str, frozenset[Activation]] = field(default_factory=dict)  # what leads functions here, by their sites
    notebook: Notebook | None = field(init=False)  # what travels together, as far as it is known

    def __post_init__(self) -> None:
        streams = self.state.streams
        object.__setattr__(self, "notebook", None if streams is None else Notebook(streams, self.state))

    def on(self, scope: Scope) -> Evaluation:
        """The same at fewer exponents; what is known stays known there."""
        here = replace(self.state.read_on(scope), streams=self.streams)
        return Evaluation(self.program, here, self.divided, dict(self._values))

    @cached_property
    def premises(self) -> Premises:
        """What sums are made under."""
        return Premises(self.program.sum_rule, self.state.comparison)

    def _premises_of(self, node: Expression, *, sizes_alone: bool) -> Premises:
        """What a node is made under. What others cover is left out where the node is pruned, whatever it is."""
        if not self.program.prunes or self.streams is not None:
            return self.premises
        agree = len(node.shape) == 1 and entries_agree(node)
        shows = agree or id(node) in self.divided or id(node) in self.program.saturating
        return replace(self.premises, covers=not shows, sizes_alone=sizes_alone)

    @property
    def streams(self) -> Streams | None:
        """What travels together, with what was found in the expressions evaluated so far."""
        return None if self.notebook is None else self.notebook.streams

    def value(self, expression: Expression) -> Value:
        if id(expression) not in self._values:
            self._evaluate(expression)
        return self._values[id(expression)][1]

    def _evaluate(self, expression: Expression) -> None:
        for node in walk([expression], known=lambda node: id(node) in self._values):
            look()
            made = self._whole(node)
            whole = self._gathered(made, node.shape)
            if len(node.shape) == 1 and entries_agree(node):
                self._values[id(node)] = node, whole
                continue
            prune = self.pruned if whole is made else self._pruned  # what was gathered is read
            self._values[id(node)] = node, prune(whole, node.shape)
            if self._may_show_less(node, whole.order):
                self._values[id(node)] = node, whole

    def _may_show_less(self, node: Expression, size: Order) -> bool:
        """May the largest part be less than it counts for, so that what it covers shows?

        It does where a function saturates, and where an optimiser divides. Of what is of order one a function makes no
        more where that is less.
        """
        saturates = id(node) in self.program.saturating and not self.state.nowhere_above(size, order(0))
        hides = saturates or id(node) in self.divided
        return hides and self._is_unsure(node)

    def _is_unsure(self, expression: Expression) -> bool:
        """May an expression be less than it counts for?"""
        vanishes = self.program.may_vanish and any(map(self._vanishes, walk([expression])))
        return vanishes or self.state.is_read_in(self.overcounted(expression))

    def _vanishes(self, node: Expression) -> bool:
        """Is it a mask of finitely many entries, or may one be in what training has added to a parameter?"""
        return node.may_vanish or (node.owner is not None and self.state.step > 0)

    def size(self, expression: Expression) -> Order:
        """The order of an expression's size. A sum, and a product of entries, is not made for it: it may be long."""
        if id(expression) not in self._sizes:
            self._sizes[id(expression)] = expression, largest(self.sizes_of_terms(expression))
        return self._sizes[id(expression)][1]

    def sizes_of_terms(self, expression: Expression) -> Iterator[Order]:
        """The sizes of what an expression adds up, one after another: the largest is that of the whole."""
        return map(self._size, self._terms(expression))

    def _terms(self, expression: Expression) -> Iterator[Expression]:
        """What a sum of sums adds up, as far as they are not known themselves."""
        waiting = [expression]
        while waiting:
            node = waiting.pop()
            if node.summands and id(node) not in self._values:
                waiting += reversed(node.summands)
            else:
                yield node

    def _size(self, node: Expression) -> Order:
        if id(node) in self._values or not node.may_be_long:
            return self.value(node).order
        return self._size_value(node).order

    def _size_value(self, node: Expression) -> Value:
        """The value of a node with those components that may be its largest."""
        for argument in node.arguments:
            self.value(argument)
        return self._whole(node, sizes_alone=True)

    def pruned(self, value: Value, shape: Shape) -> Value:
        """The value without what decides no order here, where its orders are read.

        What travels with a component may not go with it.
        """
        return self._pruned(value if self.state.scope is None else _read(value, self.state.scope.order), shape)

    def _pruned(self, here: Value, shape: Shape) -> Value:
        """The same of a value that is read."""
        if not self.program.prunes:
            return here
        here = without_companions(here, shape, self.program.region, self.state.comparison)
        found = prune_dominated(here, shape, self.state.comparison, zeros_show=self.program.zeros_show)
        streams = self.streams
        if streams is None or found is here:
            return found
        kept = {d: o for d, o in here.components.items() if d in found.components or streams.is_noted(d)}
        return Value(kept, here.power)

    def _whole(self, node: Expression, *, sizes_alone: bool = False) -> Value:
        """The value of a node of whose arguments the values are known, with all its components.

        With those that may be its largest, if it is asked for its size alone.
        """
        value = Value.collect(self._completed(node, sizes_alone=sizes_alone), self._power(node))
        self._note_leading(node, value)
        self._made.update((f.place, f.parts) for f in activations(value.components) if self._knows_less(f))
        return value

    def _gathered(self, value: Value, shape: Shape) -> Value:
        if self.notebook is None or len(shape) != 1:
            return value
        return self.notebook.gathered(_read(value, self.state.on_scope), at_start=self.state.step == 0)

    def overcounted(self, expression: Expression) -> Region:
        """Where something that an expression is made of counts for more than it may be, now or at an earlier step.

        A sum of matrices does where one of its terms does: no slope of one meets that of another there.
        """
        those = self._terms(expression) if self._is_plain(expression) else (expression,)
        return reduce(or_, map(self._overcounted, those), NOTHING)

    def _overcounted(self, expression: Expression) -> Region:
        if id(expression) in self._bounds:
            return self._bounds[id(expression)]
        if id(expression) not in self._values and expression.may_be_long and self._is_plain(expression):
            below = map(self._overcounted, expression.arguments)
            made = self._size_value(expression)
            here = EVERYTHING if any(map(is_bounded, made.components)) else NOTHING
            return reduce(or_, below, here | expression.overcounted(self._of(expression.arguments)))
        self.value(expression)
        for node in walk([expression], known=lambda node: id(node) in self._bounds):
            self._bounds[id(node)] = self._bound(node)
        return self._bounds[id(expression)]

    def _is_plain(self, expression: Expression) -> bool:
        """Is it a matrix in a program without functions that saturate?"""
        return len(expression.shape) == 2 and not self.program.saturating

    def saturated(self, expression: Expression) -> dict[str, Region]:
        """The places of functions in an expression, by what they are of, and where these have saturated."""
        if not self.program.functions:
            return {}
        self.value(expression)
        nodes = (node for node in walk([expression]) if node.acts_on_entries)
        found = ((node, node.saturated(self._of(node.arguments))) for node in nodes)
        return {signature(node.arguments[0]): region for node, region in found if region is not NOTHING}

    def _bound(self, node: Expression) -> Region:
        if any(map(is_bounded, self._values[id(node)][1].components)):
            return EVERYTHING
        if node.owner is not None:
            return self.state.overcounted.get(str(node.owner), NOTHING)
        if self._meets_other_versions(node):
            return EVERYTHING
        several = self._meets_by_name(node) if self.program.fresh else NOTHING
        slopes = self._bound_by_slopes(node) if self.program.saturating else ()
        x = node.argument(self._of(node.arguments)) if self.program.moved_masks else None
        here = (
            several,
            node.overcounted(self._arguments(node)),
            *slopes,
            NOTHING if x is None else self.shown_by_times(x),
        )
        below = (self._bounds[id(a)] for a in node.arguments)
        return reduce(or_, (region for region in (*here, *below) if region is not NOTHING), NOTHING)

    def _bound_by_slopes(self, node: Expression) -> Iterator[Region]:
        """Where a node counts for more than it may be, as slopes of saturated functions are on few entries."""
        yield EVERYTHING if self._may_bend_apart(node) else NOTHING
        yield self._has_parted(node)
        yield self._is_of_two_values(node)

    @property
    def led_so_far(self) -> Led:
        """What has led functions at this step and at those before, by their sites."""
        known = self.state.led
        return {**known, **{site: known.get(site, frozenset()) | made for site, made in self._led.items()}}

    def _note_leading(self, node: Expression, value: Value) -> None:
        for made in self._functions_of(node, value):
            self._led[made.site] = self._led.get(made.site, frozenset()) | {by_what_leads(made)}

    def _meets_other_versions(self, node: Expression) -> bool:
        """Is it a function of images of functions that a step has turned, and does a parameter know of these images?

        Behind a matrix functions go by their place alone: the images before and after the step count as one.
        """
        images = (image for f in self._functions_of(node, self._values[id(node)][1]) for image in images_in_argument(f))
        return any(image in self._remembered and any(map(self._is_turned, sites_of(image))) for image in images)

    def _meets_by_name(self, node: Expression) -> Region:
        """Where two arguments meet by samples of several earlier steps that may be of different ones."""
        if node.adds_up or not self.state.is_read_in(self.state.mixed):
            return NOTHING
        premises = self._premises_of(node, sizes_alone=False)
        least = met_apart(node, self._arguments(node), premises, self.program.fresh)
        if least is None:
            return NOTHING
        sizes = self._values[id(node)][1].components.items()
        found = (where(least.components.get(d, MINUS_INFINITY), "<", size) for d, size in sizes)
        return self.state.mixed & reduce(or_, found, NOTHING)

    def _may_bend_apart(self, node: Expression) -> bool:
        """Do two of its arguments meet by slopes that may bend at other entries than each other?"""
        return any(starmap(may_bend_apart, combinations((v.components for v in self._of(node.arguments)), 2)))

    def _is_of_two_values(self, node: Expression) -> Region:
        """Where a function is one of saturated functions, which are nowhere small, and counts as if they were."""
        x = node.argument(self._of(node.arguments))
        if x is None or not may_have_two_values(x):
            return NOTHING
        known = {site: region for a in node.arguments for site, region in self.saturated(a).items()}
        if node.least_counts_above is None:
            return of_two_values(x, known)
        shows_more = len(x.components) > 1 or node.may_fall or not node.acts_on_entries
        return nowhere_small(x, known) & where(order(0), "<", x.order) if shows_more else NOTHING

    def _has_parted(self, node: Expression) -> Region:
        """Where slopes of one function at two times meet, and a step may have moved the entries at which it bends."""
        values = self._of(node.arguments)
        sides = [value.components for value in values] if self.state.step and not node.adds_up else []
        pairs = chain.from_iterable(starmap(bend_as_one, combinations((*sides, node.slopes(values)), 2)))
        return reduce(or_, (self._parted(one, two) for one, two in pairs if one.site == two.site), NOTHING)

    def shown_by_times(self, x: Value) -> Region:
        """Where parts of a value count as shown by nothing but when masks were on, and may be hidden all the same."""
        return reduce(or_, (one.hidden & self._may_stay(one) for one in told_apart(x, self._where_below)), NOTHING)

    def _where_below(self, low: Order, high: Order) -> Region:
        """Where one order is below another, of where orders are read; or of all there is, if it is so all over."""
        scope = self.state.scope
        here = Region((scope.polyhedron,)) if isinstance(scope, Scope) else EVERYTHING
        found = where_on(here, low, "<", high)
        return found if here is EVERYTHING or found != here else where(low, "<", high)

    def _may_stay(self, one: ToldApart) -> Region:
        """Where a mask may be on at nearly all entries at which it was: unless it has moved by as much as it is of."""
        if not one.at_present:
            return EVERYTHING
        site = site_of_mask(one.mask)
        if site in self._asked:  # what moves it has masks that it moves: in a circle nothing is known
            return EVERYTHING
        x, added = self.program.functions[site], self.program.added[site]
        far = turning(one.mask, self.value(added))
        self._asked.add(site)
        unsure = self.overcounted(added)
        self._asked.remove(site)
        return unsure | self._where_below(far, self.value(x).order)

    def _parted(self, one: Activation, two: Activation) -> Region:
        added = self.program.added.get(one.site)
        return NOTHING if added is None else bend_apart_since(one, two, self._vectors(added))

    def _vectors(self, expression: Expression) -> Mapping[VectorDirection, Order]:
        return {as_vector(d): size for d, size in self.value(expression).components.items()}

    @cached_property
    def _remembered(self) -> frozenset[FreshImage]:
        """The images that functions in the parameters are of."""
        made = (d for tensor in self.state.tensors.values() for value in tensor.values for d in value.components)
        return frozenset(chain.from_iterable(map(images_in_argument, all_activations(made))))

    def _is_turned(self, site: str) -> bool:
        """Is a function led by other vectors than at an earlier step, or by images of a function that is?"""
        reached, waiting = {site}, [site]
        while waiting:
            images = chain.from_iterable(map(images_in_argument, self._led.get(waiting.pop(), ())))
            waiting += set(chain.from_iterable(map(sites_of, images))) - reached
            reached.update(waiting)
        return any(map(self._is_led_anew, reached))

    def _is_led_anew(self, site: str) -> bool:
        now, before = self._led.get(site, frozenset()), self.state.led.get(site, frozenset())
        return any(not led_alike(*both) for both in product(now, before))

    def _functions_of(self, node: Expression, value: Value) -> Iterator[Activation]:
        """What a function of entries, or a change of one, makes at its own site."""
        if node.shape and node.site is not None:
            yield from (f for f in activations(value.components) if f.site == node.site)

    @property
    def is_blurred(self) -> bool:
        """May a size by which something is divided be less than it counts for? A bent slope shows where it is small."""
        noisy = any(is_noisy(d) for _, value in self._values.values() for d in value.components)
        made = (node.overcounted(self._of(node.arguments)) for node, _ in self._values.values() if node.owner is None)
        return noisy or any(region.is_everything for region in made)

    def _completed(self, node: Expression, *, sizes_alone: bool) -> Iterator[Contribution]:
        versions = self.state.versions
        for c in self.contributions(node, sizes_alone=sizes_alone):
            look()
            if not self._made and versions is None:
                yield c
                continue
            made = completed(c.direction, self._made) if self._made else c.direction
            own = made if versions is None else versions.with_own(made)
            yield c if own is c.direction else Contribution(own, c.order, c.lemma)

    def _knows_less(self, activation: Activation) -> bool:
        return len(self._made.get(activation.place, ())) < len(activation.parts)

    def _power(self, node: Expression) -> int:
        if node.owner is not None:
            return self.state.value(node).power
        return node.power_of(self._of(node.arguments)) if node.shape else 1

    def _of(self, arguments: tuple[Expression, ...]) -> tuple[Value, ...]:
        known = self._values
        return tuple([known[id(a)][1] for a in arguments])

    def _arguments(self, node: Expression) -> tuple[Value, ...]:
        """The values of a node's arguments, with what there is of them at least where less of one makes more of it.

        Where a node reads components, what others cover is in them.
        """
        above = node.least_counts_above
        if node.reads_components:
            return tuple(map(self._whole, node.arguments))
        return self._of(node.arguments) if above is None else tuple(self.from_below(a, above) for a in node.arguments)

    def from_below(self, argument: Expression, above: Order = MINUS_INFINITY) -> Value:
        """The value of an expression, with what there is of it at least if it may be less than it counts for.

        Training adds: what the parameters were at the start is there at every later step.
        """
        value = self._values[id(argument)][1]
        if self.state.nowhere_above(value.order, above) or not self._is_unsure(argument):
            return value
        return replace(value, least=self._at_start.sure(argument, self._may_have_fallen))

    def _may_have_fallen(self, node: Expression) -> bool:
        """May a node be smaller here than at the start? A slope is so where what it is of is large."""
        above = node.least_counts_above
        small = above is not None and all(self.state.nowhere_above(x.order, above) for x in self._of(node.arguments))
        return node.may_fall and not small

    @cached_property
    def _at_start(self) -> Evaluation:
        return Evaluation(self.program, self.state.at_start)

    def sure(self, expression: Expression, falls: Callable[[Expression], bool] = attrgetter("may_fall")) -> Order:
        """The order that an expression has at least, whatever is added to the parameters; -oo where it is not known.

        It is not known of what has a node in it that ``falls``.
        """
        if expression.adds_up:
            return largest(self.sure(argument, falls) for argument in expression.arguments)
        is_unsure = any(map(falls, walk([expression]))) or self._is_unsure(expression)
        return MINUS_INFINITY if is_unsure else self.value(expression).order

    def contributions(self, node: Expression, *, sizes_alone: bool = False) -> Iterator[Contribution]:
        """Every way in which a direction comes into the node's value. The arguments must have been evaluated."""
        if node.owner is not None:
            kept = self.state.value(node)
            yield from (Contribution(d, o, GIVEN) for d, o in kept.components.items())
            return
        found = node.orders(self._met(node), self._premises_of(node, sizes_alone=sizes_alone))
        if self.program.orthogonal:
            yield from (c for c in found if not self._declared_zero(c))
            return
        for c in found:
            made = on_axes(c.direction, node.shape)
            yield c if made is c.direction else Contribution(made, c.order, c.lemma)

    def _met(self, node: Expression) -> tuple[Value, ...]:
        values = self._arguments(node)
        return values if self.notebook is None else node.met(values, self.notebook)

    def _declared_zero(self, c: Contribution) -> bool:
        """Is this direction zero because the program declares two initial factors orthogonal?"""
        d = c.direction
        if isinstance(d, FreshImage) and isinstance(d.of, FreshImage):
            return self._orthogonal(d.matrix, d.of.matrix)
        return isinstance(d, MatrixProduct) and any(map(self._orthogonal, d.matrices, d.matrices[1:]))

    def _orthogonal(self, left: RandomMatrix, right: RandomMatrix) -> bool:
        pair = (right.name, left.name) if left.flipped and right.flipped else (left.name, right.name)
        return left.flipped == right.flipped and pair in self.program.orthogonal
