"""The starter captioner's decoder: a small transformer that continues a picture's vector with words.

The vector becomes a few positions in front of the sentence (a prefix, after Mokady et al., "ClipCap", 2021),
and each word attends to those and to the words before it. Imports torch, so it is imported when a captioner
is opened and not before. Must not know the encoder or where the vectors come from.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class NetSettings:
    """The decoder's shape.

    Attributes:
        words: size of the word list. dimension: length of a picture's vector. width: of the transformer.
        layers, heads: as in a transformer. prefix: positions that the picture takes. length: most words of a
        sentence, start and end included. dropout: in training.
    """

    words: int
    dimension: int = 384
    width: int = 256
    layers: int = 3
    heads: int = 8
    prefix: int = 4
    length: int = 24
    dropout: float = 0.1

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file beside the weights."""
        return asdict(self)


class _Block(nn.Module):
    """Self-attention and two linear layers, each after a norm, each added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.before_attention = nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.before_layers = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(
        self, x: Tensor, memory: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """(N, L, W), and what earlier positions left: the keys and values, each (N, H, L', W / H)."""
        count, length, width = x.shape
        mixed = self.attention(self.before_attention(x)).view(
            count, length, 3, self.heads, width // self.heads
        )
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        if memory is not None:
            key, value = torch.cat([memory[0], key], 2), torch.cat([memory[1], value], 2)
        rate = self.dropout if self.training else 0.0
        seen = functional.scaled_dot_product_attention(
            query, key, value, is_causal=memory is None, dropout_p=rate
        )
        x = x + self._dropped(self.joined(seen.transpose(1, 2).reshape(count, length, width)))
        x = x + self._dropped(self.narrow(functional.gelu(self.wide(self.before_layers(x)))))
        return x, (key, value)

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class CaptionNet(nn.Module):
    """A picture's vector and the words so far to the next word."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.settings = settings
        width = settings.width
        self.words = nn.Embedding(settings.words, width)
        self.places = nn.Parameter(torch.randn(settings.prefix + settings.length, width) * 0.02)
        self.bridge = nn.Linear(settings.dimension, settings.prefix * width)
        self.blocks = nn.ModuleList(
            [_Block(width, settings.heads, settings.dropout) for _ in range(settings.layers)]
        )
        self.last = nn.LayerNorm(width)
        nn.init.normal_(self.words.weight, std=0.02)

    def forward(self, vectors: Tensor, words: Tensor) -> Tensor:
        """(N, D) float and (N, L) int64 -> (N, L, words): after each word, the next one's logits."""
        x = torch.cat([self._prefix(vectors), self._placed(words, 0)], 1)
        for block in self.blocks:
            x, _ = block(functional.dropout(x, self.settings.dropout, self.training), None)
        return self._logits(x[:, self.settings.prefix :])

    def _prefix(self, vectors: Tensor) -> Tensor:
        """(N, D) -> (N, prefix, width). Vectors of unit length have small entries: they are scaled up."""
        size = self.settings.prefix
        scaled = functional.normalize(vectors, dim=-1) * self.settings.dimension**0.5
        placed: Tensor = self.bridge(scaled).view(len(vectors), size, -1) + self.places[:size]
        return placed

    def _placed(self, words: Tensor, first: int) -> Tensor:
        begin = self.settings.prefix + first
        scaled: Tensor = self.words(words) * self.settings.width**0.5
        return scaled + self.places[begin : begin + words.shape[1]]

    def _logits(self, x: Tensor) -> Tensor:
        return functional.linear(self.last(x), self.words.weight)


class NetSteps:
    """One word at a time for a batch of pictures, with the keys and values of all positions kept.

    Args:
        vectors: (N, D) float32.
    """

    def __init__(self, net: CaptionNet, vectors: Tensor) -> None:
        self._net = net
        self._said = 0
        self._memory: list[tuple[Tensor, Tensor]] = []
        x = net._prefix(vectors)
        for block in net.blocks:
            x, kept = block(x, None)
            self._memory.append(kept)

    def step(self, words: Tensor) -> Tensor:
        """(N,) the words just said -> (N, words) logits of the next ones."""
        x = self._net._placed(words[:, None], self._said)
        for number, block in enumerate(self._net.blocks):
            x, self._memory[number] = block(x, self._memory[number])
        self._said += 1
        return self._net._logits(x)[:, 0]

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows, in this order; a row may come several times."""
        self._memory = [(key[rows], value[rows]) for key, value in self._memory]
