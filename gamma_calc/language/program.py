"""A training program: forward computation, loss, optimiser, and the quantities to watch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import cached_property
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final

from gamma_calc.calculus.assumptions import CLT, SumRule
from gamma_calc.calculus.dims import Dim, shape_text
from gamma_calc.display.blocks import Block
from gamma_calc.display.formula import aligned, expression_latex
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import GammaError, OrderError, ProgramError, pick, require, require_each, unknown
from gamma_calc.exponents import Exponent, Order, Region, natural, order, power
from gamma_calc.language.change import change, split
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.expression import Expression, Time, require_expression, walk
from gamma_calc.language.initialisation import Construction
from gamma_calc.language.leaves import Data, Leaf, Parameter
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.structure import structure
from gamma_calc.language.substitute import Substitution
from gamma_calc.language.with_exponents import WithExponents

_WATCHED: Final = "write [output('y', y), internal('h', h)]"
_VALUES: Final = "write one as {'eta': '-1/2'}"


class Role(Enum):
    """What a quantity is to the conditions: they bound outputs, internal features, and parts of a change."""

    OUTPUT = "output"
    INTERNAL = "internal"
    OTHER = "other"
    CHANGE = "change"
    ONE_FACTOR = "change, one factor moved"
    BOTH_FACTORS = "change, both factors moved"


@dataclass(frozen=True, slots=True)
class Quantity(WithExponents):
    """A watched quantity: its name, its expression, its role, and the node whose gradient it is aligned with."""

    name: str
    expression: Expression | None
    role: Role
    node: Expression

    @property
    def is_trained(self) -> bool:
        """Do training steps change it?"""
        return any(leaf.owner is leaf for leaf in walk([self.node]))


def internal(name: str, expression: Expression) -> tuple[Quantity, ...]:
    """Watch a hidden feature, such as Z_A; internal stability bounds it.

    >>> from gamma_calc import Dim, data
    >>> [q.name for q in internal("Z_A", data("Z", Dim("n", 1)))]
    ['Z_A']
    """
    return (_quantity(name, expression, Role.INTERNAL),)


def other(name: str, expression: Expression) -> tuple[Quantity, ...]:
    """Watch a quantity that no condition speaks of, such as the input or a weight.

    >>> from gamma_calc import Dim, data
    >>> other("Z", data("Z", Dim("n", 1)))[0].role
    <Role.OTHER: 'other'>
    """
    return (_quantity(name, expression, Role.OTHER),)


def output(
    name: str, expression: Expression, *, change_name: str | None = None, parts: Sequence[str] = ()
) -> tuple[Quantity, ...]:
    """Watch an output, its change over a step, and the parts of that change.

    ``parts`` names the change through the right factor, the left factor and both, for an output that is a product:
    delta1, delta2, delta3 for Z_B = s B (A Z). Raises ProgramError where parts are named and there is no product.

    >>> from gamma_calc import Dim, data, iid, parameter
    >>> n, r = Dim("n", 1), Dim("r", 0)
    >>> A, B = (parameter(k, *s, init=iid(0), rate="eta") for k, s in (("A", (r, n)), ("B", (n, r))))
    >>> for q in output("Z_B", B @ (A @ data("Z", n)), parts=("delta1", "delta2", "delta3")):
    ...     print(q.name, "=", q.expression)
    Z_B = B (A Z)
    dZ_B = B[t-1] (dA Z) + dB (A[t-1] Z) + dB (dA Z)
    delta1 = B[t-1] (dA Z)
    delta2 = dB (A[t-1] Z)
    delta3 = dB (dA Z)
    """
    _check_parts(change_name, parts)
    watched = [
        _quantity(name, expression, Role.OUTPUT),
        Quantity(change_name or f"d{name}", change(expression), Role.CHANGE, expression),
    ]
    if parts:
        found = {part.moved: part.expression for part in split(expression)}
        moved = (frozenset({1}), frozenset({0}), frozenset({0, 1}))
        roles = (Role.ONE_FACTOR, Role.ONE_FACTOR, Role.BOTH_FACTORS)
        for part_name, who, role in zip(parts, moved, roles, strict=True):
            watched.append(Quantity(part_name, found.get(who), role, expression))
    return tuple(watched)


def _quantity(name: str, expression: Expression, role: Role) -> Quantity:
    require(name, str, "name of a quantity", "write one such as 'Z_B'")
    require_expression(expression)
    return Quantity(name, expression, role, expression)


def _check_parts(change_name: object, parts: Sequence[str]) -> None:
    require(change_name, str | NoneType, "name of a change", "write one such as 'dZ_B'")
    require_each(parts, str, "name", "write parts=('delta1', 'delta2', 'delta3')")
    if len(parts) not in (0, 3):
        hint = "name three: through the right factor, the left factor, and both"
        raise ProgramError(f"{len(parts)} parts of a change", hint=hint)


@either_spelling
@dataclass(frozen=True, eq=False, repr=False)
class Program(SelfShowing):
    """A training program, written once and read by both sides.

    ``loss`` is a scalar expression; ``watch`` the quantities to report; ``domain`` the constraints on the exponents
    ("0 <= rho <= 1"), empty for none; ``assumptions`` what decides an alignment, in words, listed with every result;
    ``orthogonal`` the pairs of parameters whose initial product is zero by construction; ``construction`` how a run can
    make the factors A and B as they are published.

    Raises ShapeError and ProgramError when it is written, not when it runs.

    >>> from gamma_calc import lora
    >>> program = lora(scaling="free")
    >>> program.variables, [p.name for p in program.parameters]
    (('eta', 'sigma'), ['B', 'A'])
    >>> program == lora(scaling="free"), program == lora()
    (True, False)
    """

    name: str
    loss: Expression
    optimiser: Optimiser
    watch: Sequence[tuple[Quantity, ...]]
    domain: str = "all"
    sum_rule: SumRule = CLT
    orthogonal: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()
    construction: Construction | None = None
    quantities: Mapping[str, Quantity] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check_kinds()
        object.__setattr__(self, "quantities", MappingProxyType({q.name: q for group in self.watch for q in group}))
        self._check()

    # -- facts ----------------------------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> tuple[Expression, ...]:
        return walk([self.loss])

    @cached_property
    def evaluated(self) -> tuple[Expression, ...]:
        """All that is evaluated: the loss, what is watched, and given starts."""
        watched = (q.expression for q in self.quantities.values())
        starts = (p.init.expression for p in self.parameters)
        return walk([self.loss, *(root for root in (*watched, *starts) if root is not None)])

    @cached_property
    def may_vanish(self) -> bool:
        """Is there a mask of finitely many entries, none of which need be left?"""
        return any(node.may_vanish for node in self.evaluated)

    @cached_property
    def functions(self) -> Mapping[str, Expression]:
        """What functions of entries are of, by their sites, as it is now."""
        found: dict[str, Expression] = {}
        for node in self.evaluated:
            if node.acts_on_entries and node.site is not None:
                found.setdefault(node.site, node.arguments[0])
        return MappingProxyType(found)

    @cached_property
    def added(self) -> Mapping[str, Expression]:
        """What training adds to what functions of entries are of, by their sites."""
        made = ((site, change(argument, Time.START)) for site, argument in self.functions.items())
        return {site: added for site, added in made if added is not None}

    @cached_property
    def moved_masks(self) -> frozenset[str]:
        """The sites of functions that are zero at some entries, at others after a step."""
        those = (node.site for node in self.evaluated if node.vanishes)
        return frozenset(site for site in those if site is not None and site in self.added)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(node for node in self.nodes if isinstance(node, Parameter))

    @cached_property
    def open_rates(self) -> frozenset[str]:
        """The open exponents that learning rates have."""
        return frozenset(name for p in self.parameters for name in p.rate.variables)

    @cached_property
    def divides_entries(self) -> bool:
        """Does a rule divide a gradient by its own size, so that where one part rises others fall?"""
        return any(self.optimiser.for_parameter(p).divides_entries for p in self.parameters)

    @cached_property
    def fresh(self) -> frozenset[str]:
        """The names of the samples that are drawn anew at every step."""
        return frozenset(node.name for node in self.nodes if isinstance(node, Data) and node.fresh)

    @cached_property
    def prunes(self) -> bool:
        """May components be left out that others cover? Only where every rule reads sizes and overlaps alone.

        Where no vector is given there is no update u w', and a rule that tells these from others reads sizes alone.
        A mask of finitely many entries may be zero at all of them. Then what it covers is all there is, and it is seen
        where entries are divided by their size, or saturate a function.
        """
        rules = [self.optimiser.for_parameter(p) for p in self.parameters]
        hides = bool(self.saturating) or self.divides_entries
        spectra = any(rule.reads_spectra for rule in rules) and any(node.is_batch for node in self.nodes)
        vectors = any(isinstance(node, Data) and len(node.shape) == 1 for node in self.nodes)
        components = vectors and any(rule.reads_components for rule in rules)
        return not (self.orthogonal or spectra or components or (self.may_vanish and hides))

    @cached_property
    def zeros_show(self) -> bool:
        """Does a rule or a function act entry by entry, so that what is smaller decides where the larger is zero?"""
        return self.divides_entries or any(node.acts_on_entries for node in self.evaluated)

    @cached_property
    def saturating(self) -> frozenset[int]:
        """The expressions of which functions bend the less the larger they are: what is large hides the rest."""
        return frozenset(id(node.arguments[0]) for node in self.evaluated if node.saturates)

    @cached_property
    def products_show(self) -> bool:
        """May something be along the product of vectors, and along none of them? Samples of a batch are matrices."""
        multiplies = any(node.multiplies_entries for node in self.evaluated)
        return multiplies and not any(node.is_batch for node in self.evaluated)

    @cached_property
    def region(self) -> Region:
        """The declared domain of the exponents."""
        return Region.parse(self.domain)

    @property
    def exponents(self) -> tuple[Order, ...]:
        """All exponents that it is written with: of axes, scales, starts and rates."""
        exponents = list(self.optimiser.exponents)
        for node in self.nodes:
            exponents.extend(d.exponent for d in node.shape)
            exponents.extend(node.exponents)
        return tuple(exponents)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the open exponents, sorted."""
        names = {name for e in self.exponents for name in e.variables}
        return tuple(sorted(names | set(self.region.variables), key=natural))

    def quantity(self, name: str) -> Quantity:
        try:
            return pick("quantity", name, self.quantities)
        except GammaError as error:
            raise error.at(f"program {self.name}") from error

    @either_spelling
    def replaced(self, **changes: object) -> Program:
        """The same program with some fields changed. Raises UnknownName for a field that a program does not have."""
        known = [f.name for f in fields(self) if f.init]
        for name in changes:
            if name not in known:
                raise unknown("field of a program", name, known)
        return replace(self, **changes)  # type: ignore[arg-type]

    def substitute(self, values: Mapping[str, Exponent]) -> Program:
        """The program with exponents given values. Raises UnknownName, and OrderError for values outside the domain."""
        require(values, Mapping, "table of values", _VALUES)
        for name in values:
            if name not in self.variables:
                raise unknown("exponent", name, self.variables).at(f"program {self.name}")
        orders = {name: order(value) for name, value in values.items()}
        self.check_inside(orders)
        rewrite = Substitution(orders)
        return self.replaced(
            loss=rewrite.node(self.loss),
            optimiser=self.optimiser.substituted(rewrite),
            watch=tuple(tuple(q.substituted(rewrite) for q in group) for group in self.watch),
            domain=str(Region.parse(self.domain).substitute(orders)),
            construction=self.construction and self.construction.substituted(rewrite),
        )

    def check_inside(self, values: Mapping[str, Order]) -> None:
        """Raises OrderError for values of which the domain has none."""
        require(values, Mapping, "table of values", _VALUES)
        if values and not self.region.is_everything and self.region.substitute(values).is_empty:
            listed = ", ".join(f"{name}={value}" for name, value in values.items())
            raise OrderError(f"{listed} is outside the domain", hint=f"the domain is {self.region}")

    # -- content and appearance -----------------------------------------------------------------------------------

    @cached_property
    def _content(self) -> Hashable:
        """Everything that decides an answer, without the identity of nodes."""
        watched = tuple((q.name, q.role) for q in self.quantities.values())
        roots = [self.loss, *(node for q in self.quantities.values() for node in (q.expression, q.node))]
        settings = self.optimiser, self.region, self.sum_rule, self.orthogonal, self.notes, self.construction
        return self.name, structure(roots), watched, settings

    @property
    def _roots(self) -> list[Expression]:
        """What all nodes lie below: the loss and what is watched."""
        return [self.loss, *(q.node for q in self.quantities.values()), *self._watched]

    @property
    def _watched(self) -> list[Expression]:
        return [q.expression for q in self.quantities.values() if q.expression is not None]

    def __eq__(self, other: object) -> bool:
        """Programs written alike are equal; their nodes need not be the same objects."""
        return self._content == other._content if isinstance(other, Program) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    def __reduce__(self) -> tuple[Callable[..., Program], tuple[object, ...]]:
        """As it was written; what is computed of it is computed again.

        All nodes come first, arguments before what uses them, so that none is written inside another.
        """
        values = tuple(getattr(self, f.name) for f in fields(self) if f.init)
        return _restored, (type(self), walk(self._roots), values)

    def blocks(self, dialect: str) -> Iterator[Block]:
        """Its formulas, its tensors, its dimensions and its open exponents."""
        leaves = [node for node in self.nodes if isinstance(node, Leaf) and node.is_tensor]
        dims = dict.fromkeys(dim for leaf in leaves for dim in leaf.shape)
        rows = [
            ("loss", str(self.loss)),
            *((q.name, str(q.expression)) for q in self._features),
            *((leaf.name, leaf.description(dialect)) for leaf in leaves),
            *((dim.name, _size(dim, dialect)) for dim in dims),
            *([("open", self._open(dialect))] if self.variables else []),
        ]
        yield Block(f"Program {self.name}", tuple(rows))

    def __repr__(self) -> str:
        opened = ", ".join(self.variables) or "none"
        return f"<Program {self.name}: loss {self.loss}, optimiser {self.optimiser}, open exponents: {opened}>"

    def _repr_latex_(self) -> str:
        named = [(q.name, q.expression) for q in self._features]
        rows = [rf"\text{{loss}} &= {expression_latex(str(self.loss))}"]
        rows += [f"{expression_latex(name)} &= {expression_latex(str(node))}" for name, node in named]
        starts = ((p, rf"\text{{{p.init}, learning rate }}") for p in self.parameters)
        rows += [rf"{expression_latex(p.name)} &: {start} n^{{{p.rate:latex}}}" for p, start in starts]
        return aligned(rows)

    @property
    def _features(self) -> list[Quantity]:
        return [q for q in self.quantities.values() if q.role in (Role.INTERNAL, Role.OUTPUT)]

    def _open(self, dialect: str) -> str:
        names = ", ".join(f"{order(name):{dialect}}" for name in self.variables)
        return names if self.region.is_everything else f"{names}, with {self.region:{dialect}}"

    # -- checks ---------------------------------------------------------------------------------------------------

    def _check_kinds(self) -> None:
        require(self.name, str, "name of a program", "write one such as 'two layers'")
        try:
            for value, kind, what, hint in self._kinds():
                require(value, kind, what, hint)
            require_each(self.notes, str, "note", "write each as a text")
            require_each(self.watch, tuple, "watched quantity", _WATCHED)
            for group in self.watch:
                require_each(group, Quantity, "quantity", _WATCHED)
        except GammaError as error:
            raise error.at(f"program {self.name}") from error

    def _kinds(self) -> Iterator[tuple[object, type | UnionType, str, str]]:
        yield self.loss, Expression, "loss", "write a scalar such as w @ Z"
        yield self.optimiser, Optimiser, "optimiser", "give one such as adam()"
        yield self.domain, str, "domain", "write it as a text such as '0 <= rho <= 1'"
        yield self.sum_rule, SumRule, "rule of sums", "leave it out for independent entries"
        yield self.orthogonal, frozenset, "set of pairs", "write one such as frozenset({('B', 'A')})"
        yield self.construction, Construction | NoneType, "construction", "leave it out for factors that are drawn"

    def _check(self) -> None:
        where = f"program {self.name}"
        if self.loss.shape:
            raise ProgramError(
                f"the loss {self.loss} has shape {shape_text(self.loss.shape)}",
                where=where,
                hint="a loss is a scalar: w @ Z is the linear loss, e @ e the squared error",
            )
        self._check_names(where)
        self._check_functions_of_batches(where)
        if not self.parameters:
            raise ProgramError("no parameter reaches the loss", where=where, hint="write one with parameter(...)")
        trained = {id(p) for p in self.parameters}
        for node in walk(self._watched):
            owner = node.owner
            if owner is not None and id(owner) not in trained:
                raise ProgramError(
                    f"parameter {owner} is watched but the loss does not depend on it",
                    where=where,
                    hint=f"use it in the loss, or write frozen({str(owner)!r}, ...)",
                )

    def _check_functions_of_batches(self, where: str) -> None:
        """Of a function of a matrix is kept what sizes and overlaps need, and not where it is zero."""
        those = [node for node in self.evaluated if node.acts_on_entries and len(node.shape) == 2]
        shapes, masks = {node.shape for node in those}, any(node.may_vanish for node in those)
        for p in self.parameters if those else ():
            rule = self.optimiser.for_parameter(p)
            of_entries = rule.divides_entries and (masks or p.shape in shapes)
            if rule.reads_spectra or rule.reads_components or of_entries or self.orthogonal:
                what = "the start of two factors whose product is zero" if self.orthogonal else str(rule)
                raise ProgramError(
                    f"what {what} makes of {those[0]} is not known, a function of a batch",
                    where=where,
                    hint="take sgd, or of many samples adam, sign or lion for weights; or one sample",
                )

    def _check_names(self, where: str) -> None:
        names: dict[str, Expression] = {}
        for node in self.nodes:
            if isinstance(node, Leaf) and names.setdefault(node.name, node) is not node:
                raise ProgramError(f"two tensors are named {node.name}", where=where, hint="give each its own name")


def _size(dim: Dim, dialect: str) -> str:
    if dim.exponent == 1:
        return "the width"
    return "fixed" if dim.is_fixed else power(dim.exponent, dialect)


def _restored(kind: type[Program], _nodes: tuple[Expression, ...], values: tuple[Any, ...]) -> Program:
    return kind(*values)
