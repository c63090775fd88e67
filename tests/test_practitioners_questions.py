"""Questions that people ask of their trainers, each with the answer worked out by hand."""

from math import sqrt

import pytest

from gamma_calc import transfer

ASKED = {
    "four times the width": ("n=1024 r=8 alpha=16 lr=2e-4", "n=4096", 1 / 2),
    "from full fine-tuning, ten times?": ("n=768 adapter=full lr=1e-5", "adapter=lora r=8 alpha=32", sqrt(768 / 32)),
    "rank 8 to 256 at s = 1": ("n=4096 r=8 s=1 lr=2e-4", "r=256", sqrt(8 / 256)),
    "rank 8 to 256 at alpha/r": ("n=4096 r=8 alpha=8 lr=2e-4", "r=256", 1),
    "alpha was halved": ("n=2048 r=8 alpha=16 lr=1e-3", "alpha=8", sqrt(2)),
    "alpha was halved, from B": ("n=2048 r=8 alpha=16 init=B lr=1e-4", "alpha=8", 2),
    "alpha was halved, under SGD": ("n=2048 r=8 alpha=16 optimizer=sgd lr=1e-5", "alpha=8", 2),
    "rank 4 to 512 at alpha = 1": ("n=2048 r=4 alpha=1 lr=1e-4", "r=512", 1),
    "rsLoRA switched on at r = 64": ("n=4096 r=64 alpha=16 lr=2e-4", "rslora=true", 1 / sqrt(8)),
    "PiSSA at LoRA's rate": ("n=4096 r=8 alpha=16 lr=2e-4", "init=pissa", 1),
    "the same settings on a wider model": ("n=1280 r=4 alpha=4 lr=1e-4", "n=3072", sqrt(1280 / 3072)),
    "a batch four times as large, full": ("n=4096 adapter=full lr=1e-5 batch=64", "batch=256", 2),
    "a batch 16 times as large": ("n=4096 r=8 alpha=16 lr=1e-4 batch=64", "batch=1024", 2),
    "mlx's scale from 20 to 2": ("n=2048 r=8 s=20 lr=1e-5", "s=2", sqrt(10)),
    "alpha not divided by r": ("n=2048 r=8 s=2 lr=1e-4", "s=16", 1 / sqrt(8)),
    "Muon, rank 8 to 64 with alpha = r": ("n=2048 r=8 alpha=8 optimizer=muon lr=2e-2", "r=64 alpha=64", 1),
    "VeRA on a wider model": ("n=1024 r=256 adapter=vera lr=4e-3", "n=4096", 1),
    "A frozen, alpha halved": ("n=1024 r=8 alpha=16 adapter=lora-fa lr=1e-3", "alpha=8", 2),
    "an orthogonal start on a wider model": ("n=1024 r=8 alpha=16 init=orthogonal lr=1e-4", "n=4096", 1 / 4),
    "DoRA, width and rank": ("n=1024 r=8 alpha=8 adapter=dora lr=1e-4", "n=4096 r=32", 1 / 2),
    "QLoRA in place of LoRA": ("n=1024 r=8 alpha=8 lr=1e-4", "adapter=qlora", 1),
    "both factors random at s = 2": ("n=1024 r=8 s=2 init=false lr=1e-5", "n=4096", 1 / 4),
}


@pytest.mark.parametrize(("known", "target", "factor"), ASKED.values(), ids=ASKED.keys())
def test_the_recommended_factor_is_what_a_hand_finds(known: str, target: str, factor: float) -> None:
    found = transfer(known, target)
    assert found.factor == pytest.approx(factor)
    assert found.why
    assert found.assumptions


def test_the_ratio_of_lora_plus_is_n_over_s_r() -> None:
    found = transfer("n=4096 r=16 alpha=32 lr=2e-4", "adapter=lora+").lr
    assert isinstance(found, dict)
    assert found["lr_B"] / found["lr_A"] == pytest.approx(4096 / 32)
