"""One word at a time out of open_clip's CoCa, with everything kept that earlier words computed.

open_clip computes the whole sentence anew for each word. Here the text tower and the decoder above it run
over the newest word alone: each layer keeps the keys and values of the words before, and those of the
picture are computed once. The modules and weights are open_clip's own and are not changed. Two of its
habits make this exact: words never attend to the sentence vector, which stands behind them, and the
decoder reads the words as they leave the text tower's last layer, before its final norm.
Imports torch; must not know tokens' letters or files.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Memory = tuple[Tensor, Tensor]  # keys and values, each (N, H, L, W / H)


class CocaSteps:
    """A batch of pictures in the middle of their sentences.

    Args:
        model: an open_clip CoCa in evaluation mode.
        pictures: (N, Q, W), what its image tower says of each picture: ``model._encode_image(...)[1]``.
    """

    def __init__(self, model: Any, pictures: Tensor) -> None:
        self._text = model.text
        self._above = model.text_decoder
        self._said = 0
        self._own: list[Memory | None] = [None] * len(self._text.transformer.resblocks)
        self._over: list[Memory | None] = [None] * len(self._above.resblocks)
        self._seen = [_pictured(block, pictures) for block in self._above.cross_attn]
        self._owner = torch.arange(len(pictures), device=pictures.device)  # the picture of each row

    def step(self, words: Tensor) -> Tensor:
        """(N,) the words just said -> (N, V) logits of the next ones."""
        text = self._text
        x = text.token_embedding(words)[:, None].to(text.transformer.get_cast_dtype())
        x = x + text.positional_embedding[self._said].to(x.dtype)
        for number, block in enumerate(text.transformer.resblocks):
            x, self._own[number] = _continued(block, x, self._own[number])
        layers = zip(self._above.resblocks, self._above.cross_attn, self._seen, strict=True)
        for number, (block, looking, seen) in enumerate(layers):
            x, self._over[number] = _continued(block, x, self._over[number])
            x = self._looked(looking, x, seen)
        self._said += 1
        x = self._above.ln_final(x[:, 0])
        projected: Tensor = x if self._above.text_projection is None else x @ self._above.text_projection
        return projected

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows, in this order; a row may come several times."""
        self._own = [_chosen(memory, rows) for memory in self._own]
        self._over = [_chosen(memory, rows) for memory in self._over]
        owner = self._owner[rows]
        left: Tensor = torch.unique(owner)
        if len(left) < len(self._seen[0][0]):  # a picture is done: what was kept of it can go
            self._seen = [(key[left], value[left]) for key, value in self._seen]
            owner = torch.searchsorted(left, owner)
        self._owner = owner

    def _looked(self, block: Any, x: Tensor, seen: Memory) -> Tensor:
        """A layer in which the newest words, (N, 1, W), look at their pictures.

        Several rows of one picture look at the same keys and values side by side: nothing is copied for
        them while every picture has as many rows as the others and they stand together.
        """
        attention = block.attn
        width = attention.embed_dim
        query = functional.linear(
            block.ln_1(x), attention.in_proj_weight[:width], attention.in_proj_bias[:width]
        )
        key, value = seen
        together = len(x) // len(key)
        if torch.equal(self._owner, torch.arange(len(key), device=x.device).repeat_interleave(together)):
            grouped = _heads(query.view(len(key), together, width), attention.num_heads)
            return _finished(block, x, grouped, key, value)
        key, value = key[self._owner], value[self._owner]
        return _finished(block, x, _heads(query, attention.num_heads), key, value)


def _chosen(memory: Memory | None, rows: Tensor) -> Memory | None:
    return None if memory is None else (memory[0][rows], memory[1][rows])


def _heads(x: Tensor, heads: int) -> Tensor:
    """(N, L, W) -> (N, H, L, W / H)."""
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def _pictured(block: Any, pictures: Tensor) -> Memory:
    """The keys and values that a layer looking at the picture makes of it."""
    attention = block.attn
    width = attention.embed_dim
    mixed = functional.linear(
        block.ln_1_kv(pictures), attention.in_proj_weight[width:], attention.in_proj_bias[width:]
    )
    key, value = mixed.chunk(2, dim=-1)
    return _heads(key, attention.num_heads), _heads(value, attention.num_heads)


def _continued(block: Any, x: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
    """A self-attention layer over the newest word, (N, 1, W), and the words before it."""
    attention = block.attn
    mixed = functional.linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias)
    query, key, value = (_heads(part, attention.num_heads) for part in mixed.chunk(3, dim=-1))
    if memory is not None:
        key, value = torch.cat([memory[0], key], 2), torch.cat([memory[1], value], 2)
    return _finished(block, x, query, key, value), (key, value)


def _finished(block: Any, x: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention and the linear layers after it, each added to what came in."""
    found = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
    x = x + block.ls_1(block.attn.out_proj(found))
    finished: Tensor = x + block.ls_2(block.mlp(block.ln_2(x)))
    return finished
