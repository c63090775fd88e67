"""Adam by torch's kernel is Adam as its rule says."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from gamma_calc.optimisers.adam import Adam, adam  # noqa: E402
from validation.arrays.matrices import LowRank, long_axis_contiguous  # noqa: E402
from validation.arrays.update import OneSided, apart, fused_adam  # noqa: E402

WIDTH = 64
SHAPES = [(3, 50, 4), (3, 4, 50), (3, 6, 6), (3, 7), (3,)]


@pytest.mark.parametrize("optimiser", [adam(), adam("-1"), adam("0")], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("rate", [0.5, 49.0, 3e-7, 0.0])  # 49 times 1/49 is not quite 1
def test_the_kernel_follows_the_rule(optimiser: Adam, shape: tuple[int, ...], rate: float) -> None:
    """Nothing of an update is left in the next one, which the kernel writes over it."""
    source = torch.Generator().manual_seed(0)
    memory = kept = None
    for step in range(1, 6):
        gradient = torch.randn(shape, generator=source, dtype=torch.float64)
        gradient[0] = 0  # 0/0 counts as 0
        memory, expected = optimiser.numeric(memory, gradient.clone(), step, WIDTH)
        kept, update = fused_adam(optimiser, kept, gradient, step, WIDTH, rate=rate)
        torch.testing.assert_close(update, expected * -rate, rtol=1e-11, atol=1e-12 * rate)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize(("rows", "columns"), [(50, 4), (4, 50)])
def test_a_gradient_kept_as_factors_gives_the_same_numbers(rank: int, rows: int, columns: int) -> None:
    factors = LowRank(torch.randn(3, rows, rank), torch.randn(3, columns, rank))
    _, written = fused_adam(adam("0"), None, factors.dense(), 1, WIDTH, rate=1.0)
    _, kept = fused_adam(adam("0"), None, factors, 1, WIDTH, rate=1.0)
    torch.testing.assert_close(kept, written)
    assert kept.shape == (3, rows, columns)


def test_one_factor_that_stays_the_same_is_kept_apart() -> None:
    """The update is that of the whole gradient, and zero where the gradient is."""
    source = torch.Generator().manual_seed(0)
    still = torch.randn(3, 50, 1, generator=source, dtype=torch.float64)
    still[:, 7] = 0
    kept, memory, optimiser = OneSided(adam("-1"), still, WIDTH), None, adam("-1")
    descent = torch.full((3, 1, 1), -0.5, dtype=torch.float64)
    for step in range(1, 6):
        moving = torch.randn(3, 4, 1, generator=source, dtype=torch.float64)
        moving[:, 1] = 0
        memory, expected = optimiser.numeric(memory, LowRank(moving, still).dense().clone(), step, WIDTH)
        update = kept.step(moving, step, descent)
        torch.testing.assert_close(update, expected * -0.5, rtol=1e-11, atol=1e-14)
        assert not update[:, 1].any()
        assert not update[..., 7].any()


def test_no_number_depends_on_what_runs_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = torch.randn(5, 7, 33)
    _, together = fused_adam(adam("0"), None, gradient, 1, WIDTH, rate=1.0)
    _, alone = fused_adam(adam("0"), None, gradient[3:4], 1, WIDTH, rate=1.0)
    monkeypatch.setattr("validation.arrays.update.AT_ONCE", 2 * 7 * 33)
    _, by_twos = fused_adam(adam("0"), None, gradient, 1, WIDTH, rate=1.0)
    assert torch.equal(together[3:4], alone)
    assert torch.equal(together, by_twos)


def test_the_long_axis_is_contiguous_and_the_numbers_stay() -> None:
    tall = torch.randn(2, 9, 3)
    kept = long_axis_contiguous(tall)
    assert torch.equal(kept, tall)
    assert kept.stride()[-2:] == (1, 9)
    assert LowRank(torch.randn(2, 9, 1), torch.randn(2, 3, 1)).dense().stride()[-2:] == (1, 9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_a_kernel_passes_over_at_once_begins_at_places_of_its_own_in_a_page(dtype: Any) -> None:
    arrays = apart(torch.ones((), dtype=dtype), [(16, 2**10)] * 4)
    places = [array.data_ptr() % 4096 // 64 for array in arrays]
    assert len(set(places)) == 4
    for k, array in enumerate(arrays):
        assert not array.any()
        assert array.is_contiguous()
        array.add_(k + 1)
    assert [float(array.mean()) for array in arrays] == [1, 2, 3, 4]
