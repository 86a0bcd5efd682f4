"""The measures of captions against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from tests.bench.caption_metrics import bleu, cider, cider_each, rouge_l, words


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert words("A dog , running; it's mid-air!") == ["a", "dog", "running", "it's", "mid-air"]


def test_bleu_clips_repeats() -> None:
    # the classic: "the" seven times; two of the seven are in the reference
    said, written = ["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]]
    assert bleu(said, written, size=1) == pytest.approx(2 / 7)


def test_bleu_joins_precisions_and_punishes_brevity() -> None:
    said, written = ["a black dog runs"], [["a black dog runs on grass"]]
    # all precisions are 1; four words where six were written
    assert bleu(said, written) == pytest.approx(math.exp(1 - 6 / 4))
    said, written = ["a dog runs on the grass"], [["a dog sits on the grass"]]
    # 5/6 words, 3/5 pairs, 1/4 threes, no fours
    assert bleu(said, written, size=3) == pytest.approx((5 / 6 * 3 / 5 * 1 / 4) ** (1 / 3))
    assert bleu(said, written) == 0


def test_bleu_counts_over_the_whole_corpus() -> None:
    said, written = ["a dog", "two men"], [["a dog"], ["two cats"]]
    assert bleu(said, written, size=1) == pytest.approx(3 / 4)


def test_rouge_is_the_longest_common_subsequence() -> None:
    # common "a dog on grass": 4 of 5 said, 4 of 6 written; F with recall weighing 1.44
    said, written = ["a dog sits on grass"], [["a black dog runs on grass"]]
    precision, recall = 4 / 5, 4 / 6
    wanted = (1 + 1.44) * precision * recall / (recall + 1.44 * precision)
    assert rouge_l(said, written) == pytest.approx(wanted)
    assert rouge_l(["zebra"], [["a dog"]]) == 0
    assert rouge_l([""], [["a dog"]]) == 0


def test_cider_of_copies_and_of_nothing_in_common() -> None:
    written = [["a dog runs on the grass"], ["two men play cards at night"], ["red boats lie in the harbour"]]
    copies = [one[0] for one in written]
    assert cider(copies, written) == pytest.approx(10)
    assert cider(["zebras", "zebras", "zebras"], written) == 0


def test_cider_by_hand() -> None:
    # single words over two photos: "a" is in both (weight 0), all others in one (weight log 2)
    said, written = ["a red dog", "a cat"], [["a big dog"], ["a cat"]]
    first, second = cider_each(said, written, size=1)
    # vectors (red, dog) and (big, dog), each weight log 2: the cosine is 1/2, the lengths are equal
    assert first == pytest.approx(10 * 0.5)
    assert second == pytest.approx(10)


def test_cider_damps_other_lengths_and_repeats() -> None:
    written = [["a dog"], ["a cat"]]
    longer = cider_each(["a dog dog dog", "a cat"], written, size=1)[0]
    # min(3, 1) * 1 over 3 * 1, damped by exp(-(4 - 2)^2 / 72)
    assert longer == pytest.approx(10 * (1 / 3) * math.exp(-4 / 72))


def test_references_are_averaged() -> None:
    first = cider_each(["dog", "cat"], [["dog", "horse"], ["cat"]], size=1)[0]
    assert first == pytest.approx(10 * 0.5)
