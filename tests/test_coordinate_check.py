"""A coordinate check of a user's own model: what it sees, what it leaves as it was, and what it refuses."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from command import Outcome, run
from torch import nn

from validation.coordinate_check.adapters import adapters, deltas, features
from validation.coordinate_check.check import TrainingPlan, coordinate_check
from validation.coordinate_check.expectations import read_expectations
from validation.coordinate_check.factory import FactoryError
from validation.coordinate_check.probe import first_tensor, label, restored, watched
from validation.coordinate_check.training import trained
from validation.errors import SettingError
from validation.statistics.verdict import Verdict

WIDTHS = (32, 64, 128, 256)


class Net(nn.Module):
    """One hidden layer, its readout times n^-power of the width."""

    def __init__(self, n: int, power: float = 0.5) -> None:
        super().__init__()
        self.embed, self.hidden, self.head = nn.Linear(4, n, bias=False), nn.Linear(n, n, bias=False), nn.Linear(n, 1)
        nn.init.normal_(self.hidden.weight, std=n**-0.5)
        nn.init.normal_(self.head.weight, std=n**-power)

    def forward(self, x: Any, y: Any) -> Any:
        return (self.head(self.hidden(self.embed(x))).squeeze(-1) - y).square().mean()


def make(n: int) -> tuple[nn.Module, Any]:
    return Net(n), (torch.ones(1, 4), torch.ones(1))


def plan(**changed: Any) -> TrainingPlan:
    return TrainingPlan(**{"steps": 2, "seeds": 4, "most_seeds": 4} | changed)


def slope(found: Any, quantity: str, step: int) -> float:
    (row,) = [row for row in found.rows if (row.quantity, row.step) == (quantity, step)]
    return float(row.measured)


# -- what it sees ------------------------------------------------------------------------------------------------------


def test_a_rate_that_is_too_large_for_the_width_is_refuted() -> None:
    """Adam at one rate for all widths: hidden activations move by n."""
    found = coordinate_check(make, WIDTHS, plan(lr=1e-2, steps=1, seeds=8, most_seeds=8))
    assert found.verdict is Verdict.REFUTED
    assert slope(found, "hidden change", 1) == pytest.approx(1, abs=0.2)
    assert found.worst_first[0].verdict is Verdict.REFUTED


def test_the_rate_of_the_hidden_layer_is_confirmed_in_it() -> None:
    found = coordinate_check(make, WIDTHS, plan(lr=1e-2, eta=Fraction(-1), steps=1, seeds=16, most_seeds=32))
    rows = {(row.quantity, row.step): row for row in found.rows}
    assert rows["hidden change", 1].verdict is Verdict.CONFIRMED
    assert slope(found, "hidden change", 1) == pytest.approx(0, abs=0.1)


def test_what_is_expected_can_be_said() -> None:
    wanted = read_expectations("hidden:change=1 change<=0")
    found = coordinate_check(make, WIDTHS, plan(steps=1, seeds=16, most_seeds=16, expectations=wanted, tolerance=0.2))
    predicted = {row.quantity: row.predicted for row in found.rows}
    assert predicted["hidden change"] == 1
    assert predicted["embed change"] == 0
    (row,) = [row for row in found.rows if row.quantity == "hidden change"]
    assert row.verdict is Verdict.CONFIRMED


def test_seeds_are_added_until_the_rows_are_decided() -> None:
    few = coordinate_check(make, WIDTHS, plan(steps=1, seeds=2, most_seeds=2))
    more = coordinate_check(make, WIDTHS, plan(steps=1, seeds=2, most_seeds=8))
    assert (few.seeds, more.seeds) == (2, 8)


@pytest.mark.parametrize("name", ["sgd", "AdamW", "rmsprop", "adagrad"])
def test_any_optimiser_of_torch_trains(name: str) -> None:
    found = coordinate_check(make, WIDTHS, plan(optimiser=name, steps=1, seeds=2, most_seeds=2))
    assert {row.quantity for row in found.rows} >= {"hidden change", "head activation"}


@pytest.mark.parametrize(("scale", "told"), [(1.0, False), (1e-7, True)])
def test_an_epsilon_that_shows_is_told(scale: float, told: bool) -> None:
    """Adam adds 1e-8 to the size of a gradient; of a loss that is too small that makes another optimiser."""

    class Scaled(Net):
        def forward(self, x: Any, y: Any) -> Any:
            return scale * super().forward(x, y)

    found = coordinate_check(lambda n: (Scaled(n), make(n)[1]), WIDTHS, plan(steps=1, seeds=2, most_seeds=2))
    assert any("epsilon 1e-08" in note for note in found.notes) is told


class Adapted(nn.Module):
    """A frozen square layer with a LoRA adapter, named as peft names its parts, under a loss linear in the output."""

    def __init__(self, n: int, r: int = 5) -> None:
        super().__init__()
        self.layer = Layer(n, r)

    def forward(self, z: Any, w: Any) -> Any:
        return -(self.layer(z) * w).mean()


class Layer(nn.Module):
    def __init__(self, n: int, r: int) -> None:
        super().__init__()
        self.base = nn.Linear(n, n, bias=False).requires_grad_(False)
        self.lora_A = nn.ModuleDict({"default": nn.Linear(n, r, bias=False)})
        self.lora_B = nn.ModuleDict({"default": nn.Linear(r, n, bias=False)})
        self.scaling = {"default": 1.0}
        self.lora_B["default"].weight.data.zero_()  # type: ignore[operator]

    def forward(self, z: Any) -> Any:
        return self.base(z) + self.lora_B["default"](self.lora_A["default"](z))


def adapted(n: int, r: int = 5) -> tuple[nn.Module, Any]:
    return Adapted(n, r), (torch.randn(1, n), torch.randn(1, n))


def test_adapters_are_compared_with_derived_exponents() -> None:
    """At n^-1/2 every part of the change settles at order one; a larger rate is refuted."""
    good = plan(lr=0.5 / 64**0.5, eta=Fraction(-1, 2), steps=3, seeds=16, most_seeds=16, tolerance=0.15)
    found = coordinate_check(adapted, (64, 128, 256, 512), good)
    rows = {(row.quantity, row.step): row for row in found.rows}
    assert rows["layer delta3", 3].predicted == 0
    assert rows["layer Z_A", 3].predicted == Fraction(1, 2)
    assert {rows[f"layer {name}", 3].verdict for name in ("Z_A", "B", "delta1", "delta3")} == {Verdict.CONFIRMED}
    assert found.verdict is not Verdict.REFUTED


def test_the_wrong_start_is_refuted() -> None:
    """Told that it starts as Init[B], the check expects A = 0 and sees that it is not."""
    wrong = plan(lr=0.05, eta=Fraction(-1, 2), steps=1, init="B", seeds=8, most_seeds=8)
    assert coordinate_check(adapted, WIDTHS, wrong).verdict is Verdict.REFUTED


def test_parts_of_a_change_are_those_of_the_factors() -> None:
    """B_prev dA z, dB A_prev z and dB dA z, and their sum, in numbers."""
    layer = Layer(6, 2)
    old = tuple(torch.randn(shape) for shape in ((2, 6), (6, 2)))
    new = tuple(torch.randn(shape) for shape in ((2, 6), (6, 2)))
    for factor, value in zip((layer.lora_A["default"], layer.lora_B["default"]), new, strict=True):
        factor.weight.data = value
    layer.scaling["default"] = 3.0
    (adapter,), z = adapters(layer), torch.randn(5, 6)
    found = deltas(adapter, z, old) | features(adapter, z, old)  # type: ignore[arg-type]
    a, b = new[0] - old[0], new[1] - old[1]
    parts = {"delta1": old[1] @ a, "delta2": b @ old[0], "delta3": b @ a, "dZ_B": new[1] @ new[0] - old[1] @ old[0]}
    for name, matrix in (parts | {"Z_B": parts["dZ_B"]}).items():
        assert found[name] == pytest.approx(3 * float((z @ matrix.T).square().mean().sqrt()), rel=1e-5), name
    assert found["Z_A"] == pytest.approx(float((z @ new[0].T).square().mean().sqrt()), rel=1e-5)


def test_a_change_is_what_training_adds_to_an_activation() -> None:
    model, (x, y) = make(8)
    before = model.get_submodule("embed")(x).detach()
    sizes = trained(model, (x, y), torch.optim.SGD(model.parameters(), 0.1), 1).sizes
    model(x, y).backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    after = model.get_submodule("embed")(x).detach()
    assert sizes["embed", "change", 1] == pytest.approx(float((after - before).square().mean().sqrt()), rel=1e-4)
    assert sizes["embed", "activation", 1] == pytest.approx(float(after.square().mean().sqrt()), rel=1e-4)


# -- what it leaves as it was ------------------------------------------------------------------------------------------


def state(model: nn.Module) -> list[Any]:
    hooks = [len(getattr(m, name)) for m in model.modules() for name in ("_forward_hooks", "_forward_pre_hooks")]
    grads = [p.grad for p in model.parameters()]
    return [*hooks, *grads, *(m.training for m in model.modules())]


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_a_model_is_left_as_it_was(error: type[BaseException] | None) -> None:
    model, batch = make(16)
    model.eval()
    before, values, random = state(model), [p.clone() for p in model.parameters()], torch.get_rng_state()

    class Optimiser(torch.optim.Adam):
        def step(self, closure: Any = None) -> Any:
            super().step(closure)
            model.train()
            if error is not None:
                raise error

    optimiser = Optimiser(model.parameters(), lr=1.0)
    if error is None:
        trained(model, batch, optimiser, 1)
    else:
        with pytest.raises(error):
            trained(model, batch, optimiser, 1)
    assert state(model) == before
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), values, strict=True))
    assert torch.equal(torch.get_rng_state(), random)


def test_the_check_of_what_is_left_sees_a_change() -> None:
    """With hooks, a step and another mode inside, nothing is as it was."""
    model, (x, y) = make(16)
    with restored(model), watched(model, ["hidden"], ["head"]) as seen:
        inside = state(model)
        model(x, y)
        assert set(seen.outputs) == {"hidden"}
        assert set(seen.inputs) == {"head"}
    assert inside != state(model)


@pytest.mark.parametrize(
    ("output", "found"),
    [((None, [torch.ones(2)]), True), ({"a": torch.ones(1).long(), "b": torch.ones(1)}, True), ("text", False)],
)
def test_a_tensor_is_found_in_any_output(output: Any, found: bool) -> None:
    assert (first_tensor(output) is not None) is found


def test_layers_of_one_name_count_together() -> None:
    assert label("h.0.attn.1") == "h.*.attn.*"
    assert label("") == "model"


# -- what it refuses ---------------------------------------------------------------------------------------------------


def raises(_: int) -> Any:
    raise ZeroDivisionError("no such width")


def only_wide(n: int) -> Any:
    if n < 100:
        raise ValueError(f"n = {n} is no multiple of 128")
    return make(n)


def untrained(n: int) -> Any:
    model, batch = make(n)
    return model.requires_grad_(False), batch


class Silent(Net):
    def forward(self, x: Any, y: Any) -> Any:
        return self.hidden(self.embed(x))


class Angry(Net):
    def forward(self, x: Any, y: Any) -> Any:
        raise IndexError("out of tokens")


REFUSED: list[tuple[Callable[[int], Any], type[Exception], str]] = [
    (raises, FactoryError, r"raises\(32\): raises ZeroDivisionError: no such width"),
    (only_wide, FactoryError, "cannot be built at widths 32, 64: raises ValueError"),
    (Net, SettingError, r"returns a Net; write a function of a width"),
    (lambda _: (3, 4), SettingError, "returns a int for a model"),
    (untrained, SettingError, "nothing of the model is trained"),
    (lambda n: (Silent(n), make(n)[1]), SettingError, "no scalar loss"),
    (lambda n: (Angry(n), make(n)[1]), FactoryError, "width 32: training raises IndexError: out of tokens"),
    (lambda n: adapted(n, r=n // 8), SettingError, "rank and multiplier"),
]


@pytest.mark.parametrize(("factory", "error", "said"), REFUSED)
def test_a_factory_that_is_no_factory_is_refused(
    factory: Callable[[int], Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        coordinate_check(factory, WIDTHS, plan())


def test_adapters_that_are_not_there_are_refused() -> None:
    with pytest.raises(SettingError, match="no LoRA adapters"):
        coordinate_check(make, WIDTHS, plan(judged=True))


def test_adapters_under_plain_descent_have_no_derived_exponents() -> None:
    with pytest.raises(SettingError, match="SGD"):
        coordinate_check(adapted, WIDTHS, plan(optimiser="sgd", judged=True))
    assert coordinate_check(adapted, WIDTHS, plan(optimiser="sgd", judged=False, seeds=2)).rows


# -- the command -------------------------------------------------------------------------------------------------------

FILE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.hidden, self.head = nn.Linear(4, n), nn.Linear(n, 1)

    def forward(self, x):
        return (self.head(self.hidden(x)) - 1).square().mean()

def make_model(n):
    return Net(n), torch.ones(1, 4)

def broken(n):
    raise ValueError("odd width")

number = 3
"""
USUAL = "--widths 32,64,128,256 --steps 1 --seeds 4 --most-seeds 4"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_model.py"
    path.write_text(FILE)
    return path


def check(capsys: pytest.CaptureFixture[str], source: object, *more: str, usual: str = USUAL) -> Outcome:
    return run(capsys, "coord-check", str(source), *usual.split(), *more)


def test_the_verdict_is_the_exit_code_and_the_last_line(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    found = check(capsys, f"{file}:make_model", "--lr", "3e-2")
    assert found.code in (1, 3)
    assert found.out.splitlines()[-1].strip().startswith("refuted:" if found.code == 1 else "undecided:")
    assert all(len(line) <= 80 for line in found.out.splitlines())


def test_json_has_rows_and_sizes_at_every_step(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    figure = tmp_path / "sizes.svg"
    found = check(capsys, f"{file}:make_model", "--format", "json", "--figure", str(figure), "--eta", "-1")
    data = json.loads(found.out)
    assert data["schema"] == "gamma-calc/coordinate-check/1"
    assert {"module", "quantity", "step", "expected", "slope", "low", "high", "verdict", "reason"} <= set(
        data["rows"][0]
    )
    assert {(one["module"], one["quantity"], one["step"]) for one in data["sizes"]} >= {("head", "activation", 0)}
    assert all(len(one["sizes"]) == 4 for one in data["sizes"])
    assert "<svg" in figure.read_text()


@pytest.mark.parametrize(
    ("source", "more", "said"),
    [
        ("{file}:broken", (), "raises ValueError: odd width"),
        ("{file}:number", (), "number is no function"),
        ("{file}:make_modle", (), "did you mean make_model"),
        ("{file}", (), "names no function"),
        ("nowhere.py:make", (), "no such file"),
        ("{file}:make_model", ("--optimizer", "adan"), "optimizer of torch.optim"),
        ("{file}:make_model", ("--expect", "hidden=2"), "no expectation"),
        ("{file}:make_model", ("--eta", "x"), "eta"),
        ("{file}:make_model", ("--lr", "-1"), "--lr"),
        ("{file}:make_model", ("--adapters",), "no LoRA adapters"),
        ("{file}:make_model", ("--figure", "sizes.xyz"), "kind of figure"),
    ],
)
def test_bad_input_is_a_line(
    source: str, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    found = check(capsys, source.format(file=file), *more)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert found.err.count("\n") == 1


def test_debug_shows_where_it_raised(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    found = check(capsys, f"{file}:broken", "--debug")
    assert found.code == 2
    assert 'raise ValueError("odd width")' in found.err


def test_ctrl_c_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("validation.coordinate_check.check.trained", stopped)
    found = check(capsys, f"{file}:make_model")
    assert (found.code, found.out) == (130, "")
    assert "interrupted" in found.err


# -- recorded norms ----------------------------------------------------------------------------------------------------

HEAD = "width,module,quantity,step,seed,size\n"


def norms(tmp_path: Path, slope: float = 0, noise: float = 0.01, text: str | None = None) -> Path:
    path = tmp_path / "norms.csv"
    lines = (
        f"{n},mlp,{quantity},1,{seed},{n**slope * (1 + noise * (-1) ** seed)}\n"
        for n in WIDTHS
        for seed in range(4)
        for quantity in ("activation", "change")
    )
    path.write_text(HEAD + "".join(lines) if text is None else text)
    return path


@pytest.mark.parametrize(("slope", "code"), [(0, 0), (0.5, 1)])
def test_recorded_norms_are_judged(slope: float, code: int, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = check(capsys, norms(tmp_path, slope), usual="")
    assert found.code == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width,size\n1,2\n", "no column module"),
        (HEAD, "no rows"),
        (HEAD + "a,mlp,change,1,0,2\n", "line 2"),
        (HEAD + "64,mlp,change,1,0,-2\n", "from 0 on"),
        (HEAD + "64,mlp,norm,1,0,2\n", "quantity 'norm'"),
        (HEAD + "64,mlp,change,1,0,2\n64,mlp,change,1,1,2\n", "at least four"),
        (HEAD + "".join(f"{n},mlp,change,1,0,2\n" for n in WIDTHS), "fewer than two seeds at width 32"),
    ],
)
def test_norms_that_are_none_are_refused(
    text: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = check(capsys, norms(tmp_path, text=text), usual="")
    assert (found.code, found.out) == (2, "")
    assert said in found.err
