"""The publications that results come from."""

from __future__ import annotations

from typing import Final

from gamma_calc.claims.claim import Source

LORA_PLUS: Final = Source(
    "Hayou, Ghosh, Yu", 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models", "2402.12354"
)
INITIALISATION: Final = Source(
    "Hayou, Ghosh, Yu", 2024, "The Impact of Initialization on LoRA Finetuning Dynamics", "2406.08447"
)
NON_ZERO: Final = Source(
    "Li et al.",
    2025,
    "Beyond Zero Initialization: Investigating the Impact of Non-Zero Initialization on LoRA Fine-Tuning Dynamics",
    "2505.23194",
)
MU_A: Final = Source("Chen, Villar, Hayou", 2026, "Learning rates of LoRA at growing rank (muA)", "2602.06204")
RS_LORA: Final = Source(
    "Kalajdzievski", 2023, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", "2312.03732"
)
MAGNITUDE: Final = Source("LoRAM", 2025, "Primacy of Magnitude", "2507.06558")
STABLE_LORA: Final = Source("Stable-LoRA", 2026, "Stable-LoRA", "2603.05204")
FEATURE_LEARNING: Final = Source("Yang, Hu", 2020, "Feature Learning in Infinite-Width Neural Networks", "2011.14522")
ADAPTIVE: Final = Source("Yang, Littwin", 2023, "Tensor Programs IVb: Adaptive Optimization", "2308.01814")
PEFT: Final = Source("Hugging Face", 2025, "peft")
DERIVED: Final = Source("derived here", None, "Consequences that the papers do not state in this form")
