"""Small transformers models with adapters of peft, built from a configuration: nothing is downloaded."""

from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS, WORDS = 4, 32


def llama(n: int, *, init: bool | str = True, r: int = 8, **adapter: Any) -> Any:
    """One Llama layer with weights of variance 1/n and embeddings of order one, adapters on q_proj and v_proj.

    ``init`` "B" is A = 0 and B random, which peft does not offer.
    """
    config = LlamaConfig(
        hidden_size=n,
        intermediate_size=n,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=4,
        vocab_size=WORDS,
        initializer_range=n**-0.5,
        tie_word_embeddings=False,
    )
    base = LlamaForCausalLM(config)
    with torch.no_grad():
        base.model.embed_tokens.weight.normal_()
    start = True if init == "B" else init
    settings = {"r": r, "lora_alpha": r, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": start}
    model = get_peft_model(base, LoraConfig(**(settings | adapter)))
    if init == "B":
        _exchange(model, r)
    return model


def batch() -> dict[str, Any]:
    """One short text of random tokens that predicts itself."""
    words = torch.randint(WORDS, (1, TOKENS))
    return {"input_ids": words, "labels": words}


def _exchange(model: Any, r: int) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_A" in name:
                parameter.zero_()
            if "lora_B" in name:
                parameter.normal_(std=r**-0.5)
