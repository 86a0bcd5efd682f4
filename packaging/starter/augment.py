"""What may happen to a training picture on its way into the model.

Works on whole batches of uint8 pictures with torch alone; must not know what the pictures show.
"""

from __future__ import annotations

import torch
from torch.nn import functional
from towers import MEAN, STD


def augmented(pixels: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """(N, H, W, 3) uint8 -> (N, 3, size, size) float32, normalised, channels last in memory.

    A random crop (30 to 100 % of the area, sides stretched by up to 4:3), a mirror image, light,
    contrast and colour changed, a few pictures in grey and a few as if they had been tiny, so that
    sharpness gives no source away.
    """
    image = pixels.permute(0, 3, 1, 2).float().div_(255)
    image = _cropped(image, size, generator)
    image = _recoloured(image, generator)
    image = _coarsened(image, generator)
    image = image.clamp_(0, 1).sub_(MEAN[0]).div_(STD[0])
    return image.contiguous(memory_format=torch.channels_last)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _cropped(image: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    count = len(image)
    area = _uniform(count, 0.30, 1.0, generator)
    whole = torch.rand(count, generator=generator) < 0.15
    area = torch.where(whole, torch.ones(count), area)
    stretch = torch.exp(_uniform(count, -0.29, 0.29, generator))
    width = (area.sqrt() * stretch).clamp(max=1)
    height = (area.sqrt() / stretch).clamp(max=1)
    across = _uniform(count, -1, 1, generator) * (1 - width)
    down = _uniform(count, -1, 1, generator) * (1 - height)
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = width * mirror, across
    theta[:, 1, 1], theta[:, 1, 2] = height, down
    grid = functional.affine_grid(theta.to(image.device), [count, 3, size, size], align_corners=False)
    return functional.grid_sample(image, grid, padding_mode="border", align_corners=False)


def _recoloured(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    count, device = len(image), image.device

    def factor(spread: float) -> torch.Tensor:
        return _uniform(count, 1 - spread, 1 + spread, generator).view(-1, 1, 1, 1).to(device)

    grey = image.mean(1, keepdim=True)
    saturation = factor(0.4)
    colourless = (torch.rand(count, generator=generator) < 0.05).view(-1, 1, 1, 1).to(device)
    saturation = torch.where(colourless, torch.zeros_like(saturation), saturation)
    image = grey + (image - grey) * saturation
    middle = image.mean((1, 2, 3), keepdim=True)
    image = middle + (image - middle) * factor(0.35)
    tint = _uniform(count * 3, 0.93, 1.07, generator).view(-1, 3, 1, 1).to(device)
    return image * factor(0.3) * tint


def _coarsened(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    chosen = torch.nonzero(torch.rand(len(image), generator=generator) < 0.15).flatten()
    if len(chosen) == 0:
        return image
    size = image.shape[-1]
    chosen = chosen.to(image.device)
    small = functional.interpolate(image[chosen], scale_factor=0.55, mode="bilinear", antialias=True)
    image[chosen] = functional.interpolate(small, (size, size), mode="bilinear")
    return image
