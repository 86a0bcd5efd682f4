"""Greedy decoding and beam search over toy decoders whose best sentences are known by trying them all."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from organizer.errors import Cancelled
from organizer.models.decoding import Rules, decode

START, END, WORDS = 0, 1, 6


class Table:
    """A decoder of which the next word hangs on the last two: (rows, V, V, V) logits. Counts its steps."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits
        self.said = torch.zeros(len(logits), 0, dtype=torch.long)
        self.steps = 0
        self.rows = torch.arange(len(logits))

    def step(self, words: torch.Tensor) -> torch.Tensor:
        self.steps += 1
        self.said = torch.cat([self.said, words[:, None]], 1)
        before = self.said[:, -2] if self.said.shape[1] > 1 else torch.zeros_like(words)
        return self.logits[self.rows, before, words]

    def keep(self, rows: torch.Tensor) -> None:
        self.said, self.rows = self.said[rows], self.rows[rows]


def table(rows: int, seed: int) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(rows, WORDS, WORDS, WORDS, generator=drawn) * 1.5


def score(logits: torch.Tensor, sentence: tuple[int, ...], penalty: float, forced: bool = False) -> float:
    """The sum of log-probabilities over the words judged to a power; an end that cuts a sentence is not."""
    total = 0.0
    for place in range(1, len(sentence) - (1 if forced else 0)):
        before = sentence[place - 2] if place > 1 else START
        chances = torch.log_softmax(logits[before, sentence[place - 1]], -1)
        total += float(chances[sentence[place]])
    return total / (len(sentence) - (2 if forced else 1)) ** penalty


def every_sentence(longest: int) -> list[tuple[tuple[int, ...], bool]]:
    """All sentences up to a length, and whether their end is forced."""
    words = [word for word in range(WORDS) if word != END]
    found = []
    for size in range(longest - 1):
        middles = itertools.product(words, repeat=size)
        found += [((START, *middle, END), size == longest - 2) for middle in middles]
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.0])
def test_a_wide_beam_finds_the_best_sentence_of_all(seed: int, penalty: float) -> None:
    logits = table(3, seed)
    rules = Rules(START, (END,), longest=5, beams=WORDS**3, penalty=penalty)
    found = decode(Table(logits), 3, rules)
    for row, said in enumerate(found):
        best = max(every_sentence(5), key=lambda one: score(logits[row], one[0], penalty, one[1]))
        assert tuple(said) == best[0]


def test_an_end_that_cuts_a_sentence_does_not_make_it_look_better() -> None:
    logits = torch.full((1, WORDS, WORDS, WORDS), -50.0)
    logits[:, :, START, 2:4] = torch.tensor([0.45, 0.55]).log()
    logits[:, START, 2, END] = math.log(0.99)  # 2 and the end: 0.45 x 0.99 in two words
    logits[:, START, 3, 4:] = torch.tensor([0.6, 0.4]).log()
    logits[:, 3, 4:, 4:] = torch.tensor([0.9, 0.1]).log()  # 3 4 4, cut: 0.55 x 0.6 x 0.9 in three
    rules = Rules(START, (END,), longest=5, beams=4, penalty=1.0)
    assert decode(Table(logits), 1, rules) == [[START, 2, END]]


def test_greedy_takes_the_likeliest_word_each_time() -> None:
    logits = table(4, 7)
    for row, said in enumerate(decode(Table(logits), 4, Rules(START, (END,), longest=12))):
        before = START
        for last, word in itertools.pairwise(said[:-1]):
            assert word == int(logits[row, before, last].argmax())
            before = last


def test_rows_do_not_hang_on_their_company() -> None:
    logits = table(6, 3)
    for beams in (1, 3):
        rules = Rules(START, (END,), longest=10, beams=beams)
        together = decode(Table(logits), 6, rules)
        alone = [decode(Table(logits[row : row + 1]), 1, rules)[0] for row in range(6)]
        assert together == alone


def test_no_end_too_soon_and_none_too_late() -> None:
    logits = table(1, 0)
    logits[..., END] = 50.0  # would always stop at once
    assert decode(Table(logits), 1, Rules(START, (END,), longest=9))[0] == [START, END]
    for beams in (1, 4):
        said = decode(Table(logits), 1, Rules(START, (END,), longest=9, shortest=4, beams=beams))[0]
        assert len(said) == 5 and said[-1] == END
    logits[..., END] = -50.0  # would never stop
    for beams in (1, 4):
        said = decode(Table(logits), 1, Rules(START, (END,), longest=9, beams=beams))[0]
        assert len(said) == 9 and said[-1] == END


def test_barred_words_are_not_said_and_nothing_is_repeated() -> None:
    logits = table(5, 2)
    logits[..., 4] = 40.0
    for beams in (1, 3):
        rules = Rules(START, (END,), longest=20, never=(4, START), beams=beams, no_repeats=True)
        for said in decode(Table(logits), 5, rules):
            assert 4 not in said and START not in said[1:]
            pairs = list(itertools.pairwise(said))
            assert len(pairs) == len(set(pairs))
            assert all(one != other for one, other in pairs)


def test_where_everything_is_barred_the_sentence_ends() -> None:
    rules = Rules(
        START, (END,), longest=8, shortest=7, never=tuple(range(2, WORDS)), beams=2, no_repeats=True
    )
    assert decode(Table(table(1, 0)), 1, rules)[0][-1] == END


def test_it_stops_between_two_words() -> None:
    logits = table(2, 1)
    logits[..., END] = -50.0
    decoder = Table(logits)

    def check() -> None:
        if decoder.steps == 5:
            raise Cancelled

    for beams in (1, 3):
        decoder = Table(logits)
        with pytest.raises(Cancelled):
            decode(decoder, 2, Rules(START, (END,), longest=30, beams=beams), check)
        assert decoder.steps == 5


def test_no_rows_and_impossible_rules() -> None:
    assert decode(Table(table(0, 0)), 0, Rules(START, (END,))) == []
    for rules in (
        Rules(START, (END,), longest=2),
        Rules(START, (END,), shortest=30),
        Rules(START, (END,), beams=0),
    ):
        with pytest.raises(ValueError, match="room"):
            decode(Table(table(1, 0)), 1, rules)


def test_scores_fall_with_the_sum_of_surprises() -> None:
    """The reference's own arithmetic: two words of probability one half each, over their number."""
    logits = torch.zeros(1, WORDS, WORDS, WORDS)
    assert score(logits[0], (START, 3, END), 1.0) == pytest.approx(math.log(1 / WORDS))
