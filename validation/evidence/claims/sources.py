"""The publications that results come from, and how their statements are known here."""

from __future__ import annotations

from typing import Final

from validation.evidence.claim import Known, Source

DERIVED: Final = Source("derived here", None, "Consequences that the papers do not state in this form", known=Known.OWN)

LORA_PLUS: Final = Source(
    "Hayou, Ghosh, Yu", 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models", "2402.12354", Known.READ
)
INITIALISATION: Final = Source(
    "Hayou, Ghosh, Yu", 2024, "The Impact of Initialization on LoRA Finetuning Dynamics", "2406.08447"
)
NON_ZERO: Final = Source(
    "Li, Luo, Tang, Wang, Chen, Luo, Li, He, Li",
    2025,
    "Beyond Zero Initialization: Investigating the Impact of Non-Zero Initialization on LoRA Fine-Tuning Dynamics",
    "2505.23194",
)
MU_A: Final = Source(
    "Chen, Villar, Hayou", 2026, "Learning Rate Scaling across LoRA Ranks and Transfer to Full Finetuning", "2602.06204"
)
RS_LORA: Final = Source(
    "Kalajdzievski", 2023, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", "2312.03732"
)
INILORA: Final = Source(
    "Xue",
    2025,
    "Optimizing Fine-Tuning through Advanced Initialization Strategies for Low-Rank Adaptation",
    "2510.03731",
    Known.READ,
)
LORA_GA: Final = Source(
    "Wang, Yu, Li", 2024, "LoRA-GA: Low-Rank Adaptation with Gradient Approximation", "2407.05000", Known.RECALLED
)
MAGNITUDE: Final = Source("Zhang et al.", 2025, "The Primacy of Magnitude in Low-Rank Adaptation", "2507.06558")
STABLE_LORA: Final = Source(
    "Wu, Gao, Li, Wu", 2026, "Stable-LoRA: Stabilizing Feature Learning of Low-Rank Adaptation", "2603.05204"
)
ALT_LORA: Final = Source(
    "Yu, Wang, Chen, Xue",
    2025,
    "AltLoRA: Towards Better Gradient Approximation in Low-Rank Adaptation with Alternating Projections",
    "2505.12455",
    Known.READ,
)
LORA_RITE: Final = Source(
    "Yen et al.",
    2024,
    "LoRA Done RITE: Robust Invariant Transformation Equilibration for LoRA Optimization",
    "2410.20625",
)
PEFT: Final = Source("Hugging Face", 2025, "peft, the package's code", known=Known.READ)

FEATURE_LEARNING: Final = Source("Yang, Hu", 2020, "Feature Learning in Infinite-Width Neural Networks", "2011.14522")
TRANSFER: Final = Source(
    "Yang et al.",
    2022,
    "Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter Transfer",
    "2203.03466",
    Known.RECALLED,
)
ADAPTIVE: Final = Source(
    "Yang, Littwin",
    2023,
    "Tensor Programs IVb: Adaptive Optimization in the Infinite-Width Limit",
    "2308.01814",
    Known.READ,
)
DEPTH_MUP: Final = Source(
    "Yang, Yu, Zhu, Hayou",
    2023,
    "Tensor Programs VI: Feature Learning in Infinite-Depth Neural Networks",
    "2310.02244",
)
EVERETT: Final = Source(
    "Everett et al.", 2024, "Scaling Exponents Across Parameterizations and Optimizers", "2407.05872"
)
COMPLETE_P: Final = Source(
    "Dey et al.",
    2025,
    "Don't be lazy: CompleteP enables compute-efficient deep transformers",
    "2505.01618",
)
HAAS: Final = Source(
    "Haas, Bordt, von Luxburg, Vankadara",
    2025,
    "On the Surprising Effectiveness of Large Learning Rates under Standard Width Scaling",
    "2505.22491",
)
MATRIX: Final = Source(
    "Qiu et al.",
    2025,
    "Hyperparameter Transfer Enables Consistent Gains of Matrix-Preconditioned Optimizers Across Scales",
    "2512.05620",
    Known.READ,
)

# Known by their abstracts, code or tables of runs: where no title was seen, the words say what it is.
TINKER: Final = Source("Thinking Machines Lab", 2026, "Results of the sweeps of tinker-cookbook", known=Known.READ)
TINKER_FIT: Final = Source("Thinking Machines Lab", 2026, "Hyperparameter helpers of tinker-cookbook")
MARIN: Final = Source("Marin community", 2026, "the code of Marin")
BEST_ALPHA: Final = Source("LoRA-alpha", 2026, "the study of the multiplier called LoRA-alpha", "2606.12883")
ALPHA_RULES: Final = Source("Mind Lab", 2026, "Triquetra, on three rules for alpha")
PEFT_SCALING: Final = Source("On the Scaling of PEFT", 2026, "On the Scaling of PEFT", "2606.02437", Known.RECALLED)
BATCH_OF_LORA: Final = Source("a study of LoRA's batch size", 2026, "a study of LoRA's batch size", "2602.09492")
