"""Results and decisions: replaced as a whole, shown together, undone and redone, remembered by content."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from organizer.catalog import ActionKind, Catalog
from organizer.events import RESULT_KINDS, Committed, Kind
from organizer.paths import AppPaths
from organizer.records import FileStamp
from organizer.results import Caption, Categorised, Flag, Pick, Reason, Stack, Tier, Topic
from tests.catalog_samples import MTIME_NS, ROOT, add, content, decoded, hash_of, open_catalog


def _food(photo_id: int) -> Categorised:
    return Categorised(photo_id, "food", 0.75, (("food", 0.75), ("pets", 0.125)), doubtful=True)


def test_results_of_each_kind_come_back_as_they_were(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    found = [_food(photo_id) for photo_id in ids]
    stacks = [
        Stack("k1", Tier.EXACT, (ids[0], ids[1]), ids[0], "oldest file", {ids[1]: "newer"}),
        Stack("k2", Tier.SAME_PICTURE, (ids[3], ids[0]), ids[3], "most pixels", {ids[0]: "smaller"}),
    ]
    flags = [Flag(ids[1], Reason.BLURRED, 0.5, "soft"), Flag(ids[2], Reason.BLURRED, 0.75, "softer")]
    picks = [Pick(ids[3], "food", 0.5, "sharp"), Pick(ids[0], "food", 0.25, "best of its moment")]
    captions = [Caption(photo_id, f"plate number {photo_id}", "labels") for photo_id in ids]
    writer.store_categories(found, model="m", generation=reader.generation(Kind.CATEGORIES))
    writer.store_stacks(stacks, generation=reader.generation(Kind.DUPLICATES))
    writer.store_quality(
        np.array(ids),
        {Reason.BLURRED: np.array([0.0, 0.5, 0.75, 0.25])},
        flags,
        generation=reader.generation(Kind.QUALITY),
    )
    writer.store_picks(picks, generation=reader.generation(Kind.HIGHLIGHTS), model="m")
    writer.store_captions(captions, generation=reader.generation(Kind.CAPTIONS))
    topics = [Topic(3, ("sea", "바다"), (ids[2], ids[0]), np.eye(2, 4, dtype=np.float32), 0.5, "Sea", True)]
    generation = reader.generation(Kind.TOPICS)
    assert writer.store_topics(topics, [], text_model="t@1", model="m", generation=generation)
    (topic,) = reader.topics("t@1")
    assert replace(topic, centres=topics[0].centres) == topics[0]
    assert np.array_equal(topic.centres, topics[0].centres)
    assert len(reader.topics("another")[0].centres) == 0
    assert reader.topic_models() == {3: "t@1"}
    assert reader.categories() == found
    assert reader.stacks() == stacks
    assert reader.stack("k2") == stacks[1]
    assert reader.stacks_of(ids[0]) == stacks
    assert reader.flags() == list(reversed(flags))
    assert reader.flags_of(ids) == {ids[1]: (flags[0],), ids[2]: (flags[1],)}
    assert reader.quality_of(ids[1]) == {Reason.BLURRED: 0.5}
    assert reader.flag_count(Reason.BLURRED, 0.3) == 2
    assert np.isnan(reader.quality()[1][Reason.NOISY]).all()
    assert reader.picks() == picks
    assert reader.pick_of(ids[3]) == picks[0]
    assert sorted(reader.captions(), key=lambda one: one.photo_id) == captions
    assert reader.stale() == set()
    assert reader.results_model(Kind.CATEGORIES) == "m"
    counts = reader.counts()
    assert (counts.categories, counts.stacks, counts.highlights, counts.low_quality, counts.captions) == (
        1,
        2,
        2,
        2,
        4,
    )


def test_storing_again_replaces_and_passes_over_photos_that_are_gone(
    catalog: Catalog, ids: list[int]
) -> None:
    writer, reader = catalog.writer, catalog.reader()
    writer.store_categories([_food(photo_id) for photo_id in ids], model="m", generation=0)
    writer.store_categories([_food(ids[0]), _food(999)], model="m", generation=0)
    assert [one.photo_id for one in reader.categories()] == [ids[0]]
    writer.store_stacks([Stack("k", Tier.EXACT, (ids[0], 999, ids[1]), ids[0], "")], generation=0)
    assert reader.stacks()[0].members == (ids[0], ids[1])
    writer.store_captions([Caption(ids[0], "one", "labels"), Caption(999, "none", "labels")], generation=0)
    writer.store_captions([Caption(ids[1], "two", "labels")], generation=0)
    assert [one.text for one in reader.captions()] == ["two"]
    assert (reader.matching("one"), reader.matching("two")) == (set(), {ids[1]})


def test_stacks_that_are_as_they_were_are_not_told(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    told: list[Committed] = []
    catalog.subscribe(told.append)
    exact = Stack("e", Tier.EXACT, (ids[0], ids[1]), ids[0], "oldest file", {ids[1]: "newer"})
    burst = Stack("b", Tier.BURST, (ids[2], ids[3]), ids[3], "sharpest", {ids[2]: "softer"})
    for stacks, wanted in (
        ([burst, exact], ids),
        ([burst, exact], []),
        ([exact, replace(burst, why="best exposed")], ids[2:]),
        ([exact, replace(burst, lacks={ids[2]: "darker"})], ids[2:]),
        ([replace(exact, members=(ids[1], ids[0]), keep=ids[1], lacks={ids[0]: "newer"}), burst], ids),
        ([burst], ids[:2]),
        ([replace(burst, key="c")], ids[2:]),
        ([], ids[2:]),
    ):
        told.clear()
        writer.store_stacks(stacks, generation=0)
        assert set(told[0].ids) == set(wanted)
        assert told[0].kinds == {Kind.DUPLICATES}
        tiers = list(Tier)
        found = reader.stacks()
        assert sorted(found, key=lambda one: one.key) == sorted(map(kept_first, stacks), key=lambda s: s.key)
        assert found == sorted(found, key=lambda one: tiers.index(one.tier))


def kept_first(stack: Stack) -> Stack:
    others = tuple(one for one in stack.members if one != stack.keep)
    return replace(stack, members=(stack.keep, *others))


def test_what_arrives_during_an_analysis_leaves_it_stale(catalog: Catalog, ids: list[int]) -> None:
    reader = catalog.reader()
    generation = reader.generation(Kind.CATEGORIES)
    add(catalog, reader.roots()[0].id, decoded(ROOT / "new.jpg", 9))
    catalog.writer.store_categories([_food(ids[0])], model="m", generation=generation)
    assert Kind.CATEGORIES in reader.stale()
    catalog.writer.store_categories([_food(ids[0])], model="m", generation=reader.generation(Kind.CATEGORIES))
    assert reader.stale() == set(RESULT_KINDS) - {Kind.CATEGORIES}
    catalog.writer.mark_stale([Kind.CATEGORIES])
    assert Kind.CATEGORIES in reader.stale()


def test_a_moved_category_shows_at_once_and_survives_a_new_analysis(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    writer.store_categories([_food(photo_id) for photo_id in ids], model="m", generation=0)
    action = writer.move_to_category(ids[:2], "pets", "2 photos moved to Pets")
    moved = reader.categories_of(ids)
    assert [moved[photo_id].category for photo_id in ids] == ["pets", "pets", "food", "food"]
    assert moved[ids[0]].by_user
    assert not moved[ids[0]].doubtful
    by_user = Categorised(ids[0], "pets", 1.0, (("food", 0.75),), by_user=True)
    writer.store_categories([by_user, *map(_food, ids[1:])], model="other", generation=0)
    assert reader.categories_of(ids)[ids[1]].category == "pets"
    writer.undo_decision(action)
    assert {one.category for one in reader.categories()} == {"food"}
    assert not any(one.by_user for one in reader.categories())
    assert Kind.CATEGORIES in reader.stale()
    writer.redo_decision(action)
    assert reader.category_moves() == {hash_of(content(0)): "pets", hash_of(content(1)): "pets"}
    with pytest.raises(LookupError):
        writer.redo_decision(action)


def test_a_persons_caption_is_never_overwritten(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    writer.store_captions([Caption(ids[0], "a plate", "labels")], generation=0)
    action = writer.set_caption(ids[0], "  우리 저녁 식사 ")
    writer.store_captions([Caption(ids[0], "a bowl", "model x")], generation=0)
    said = [Caption(ids[0], "a pan", "model y"), Caption(ids[1], "tea", "model y")]
    assert writer.store_described(said, "y@1", asked=False) == 2
    assert reader.captions_of(ids)[ids[0]] == Caption(ids[0], "우리 저녁 식사", "user")
    assert reader.matching("저녁") == {ids[0]}
    assert reader.matching("pan") == set()
    assert reader.matching("tea") == {ids[1]}
    writer.undo_decision(action)
    assert reader.captions_of(ids)[ids[0]] == Caption(ids[0], "a pan", "model y")
    assert reader.matching("저녁") == set()
    assert reader.matching("pan") == {ids[0]}
    writer.redo_decision(action)
    writer.set_caption(ids[0], None)
    assert reader.captions_of(ids)[ids[0]].text == "a pan"


def test_a_pick_is_not_flagged_from_the_moment_on_until_it_is_taken_back(
    catalog: Catalog, ids: list[int]
) -> None:
    writer, reader = catalog.writer, catalog.reader()
    flags = [Flag(photo_id, Reason.BLURRED, 0.5, "") for photo_id in ids[:2]]
    writer.store_quality(np.array(ids), {Reason.BLURRED: np.array([0.5, 0.5, 0, 0])}, flags, generation=0)
    action = writer.set_choice([ids[0]], 1)
    assert [flag.photo_id for flag in reader.flags()] == [ids[1]] and not reader.flags_of(ids[:1])
    assert reader.flag_count(Reason.BLURRED, 0.3) == reader.counts().low_quality == 1
    writer.undo_decision(action)
    writer.set_choice([ids[1]], -1)
    assert reader.flags() == flags and reader.counts().low_quality == 2


def test_a_threshold_of_nothing_counts_what_has_a_score(catalog: Catalog, ids: list[int]) -> None:
    scores = {Reason.BLURRED: np.array([0.5, 0.1, 0, 0])}
    catalog.writer.store_quality(np.array(ids), scores, [], generation=0)
    assert catalog.reader().flag_count(Reason.BLURRED, 0.0) == 2


def test_dismissed_flags_stay_away(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    flags = [Flag(ids[0], Reason.BLURRED, 0.5, ""), Flag(ids[0], Reason.NOISY, 0.5, "")]
    scores = {Reason.BLURRED: np.array([0.5, 0, 0, 0])}
    writer.store_quality(np.array(ids), scores, flags, generation=0)
    action = writer.dismiss_flags([ids[0]], [Reason.BLURRED])
    writer.store_quality(np.array(ids), scores, flags, generation=0)
    assert [flag.reason for flag in reader.flags()] == [Reason.NOISY]
    assert reader.flag_count(Reason.BLURRED, 0.1) == 0
    assert reader.dismissed() == {(hash_of(content(0)), Reason.BLURRED)}
    assert reader.counts().low_quality == 1
    writer.undo_decision(action)
    assert len(reader.flags()) == 2
    writer.store_flags([])
    assert reader.flags() == []
    assert reader.quality_of(ids[0]) == {Reason.BLURRED: 0.5}


def test_choices_are_shared_by_files_with_the_same_bytes(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    future = writer.copy_known(ids[0], reader.roots()[0].id, FileStamp(ROOT / "copy.jpg", 1, MTIME_NS))
    writer.flush()
    first = writer.set_choice([ids[0]], 1)
    second = writer.set_choice([future.result()], -1)
    assert reader.choice_of(ids[0]) == -1
    writer.undo_decision(second)
    assert reader.choice_of(ids[0]) == 1
    writer.undo_decision(first)
    assert reader.choices() == {}
    with pytest.raises(ValueError, match="choice"):
        writer.set_choice(ids, 2)


def test_decisions_on_stacks_are_kept_by_content(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    hashes = [reader.content_hashes(ids)[photo_id] for photo_id in ids]
    kept = writer.keep_both([hashes[1], hashes[0], hashes[0]])
    writer.not_duplicates([(hashes[2], hashes[1]), (hashes[1], hashes[2]), (hashes[3], hashes[3])])
    assert reader.keep_both() == [tuple(sorted([hashes[0], hashes[0], hashes[1]]))]
    assert reader.not_duplicates() == {frozenset(hashes[1:3]), frozenset(hashes[3:])}
    writer.undo_decision(kept)
    assert reader.keep_both() == []


def test_undo_and_redo_go_in_order_and_a_new_action_ends_the_redo(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    first, second = writer.set_choice(ids[:1], 1, "first"), writer.set_choice(ids[1:2], 1, "second")
    undoable = reader.last_undoable()
    assert undoable is not None
    assert (undoable.id, undoable.kind, undoable.why) == (second, ActionKind.CHOICE, "second")
    writer.undo_decision(second)
    writer.undo_decision(first)
    assert reader.last_undoable() is None
    redoable = reader.last_redoable()
    assert redoable is not None
    assert redoable.id == first
    writer.redo_decision(first)
    assert reader.last_redoable() == reader.action(second)
    writer.set_caption(ids[0], "new")
    assert reader.last_redoable() is None


def test_redo_passes_by_what_was_undone_before_something_else(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    first = writer.set_choice(ids[:1], 1, "first")
    writer.undo_decision(first)
    second = writer.set_choice(ids[1:2], 1, "second")
    writer.undo_decision(second)
    assert reader.last_redoable() == reader.action(second)
    writer.redo_decision(second)
    assert reader.last_redoable() is None
    assert reader.last_undoable() == reader.action(second)


def test_stacks_shrink_with_their_photos(catalog: Catalog, ids: list[int]) -> None:
    writer, reader = catalog.writer, catalog.reader()
    writer.store_stacks(
        [Stack("k", Tier.EXACT, tuple(ids[:3]), ids[0], "oldest file", {ids[1]: "a", ids[2]: "b"})],
        generation=0,
    )
    writer.mark_missing([ids[0]])
    writer.flush()
    (left,) = reader.stacks()
    assert (left.members, left.keep, left.lacks) == ((ids[1], ids[2]), ids[1], {ids[2]: "b"})
    assert "left" in left.why
    writer.mark_missing([ids[1]])
    writer.flush()
    assert reader.stacks() == []
    assert reader.counts().stacks == 0
    writer.mark_found(ids[:2])
    writer.flush()
    assert reader.stacks()[0].why == "oldest file"


def test_decisions_survive_a_restart(app_paths: AppPaths) -> None:
    with open_catalog(app_paths) as catalog:
        root = catalog.writer.add_root(ROOT)
        (photo_id,) = add(catalog, root.id, decoded(ROOT / "a.jpg", 1))
        action = catalog.writer.set_caption(photo_id, "sea")
    with open_catalog(app_paths) as catalog:
        assert catalog.reader().captions_of([photo_id])[photo_id].text == "sea"
        catalog.writer.undo_decision(action)
        assert catalog.reader().captions() == []


def test_small_facts_are_kept(catalog: Catalog) -> None:
    assert catalog.reader().fact("model") is None
    catalog.writer.set_fact("model", "starter")
    assert catalog.reader().fact("model") == "starter"
