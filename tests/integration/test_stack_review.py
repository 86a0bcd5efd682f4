"""Stacks of real photos, from the folder to the decision: what is kept and why, what copies say.

The whole library in this process: real decoders, the real starter, a tiny second model.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from organizer.errors import ActionRefused
from organizer.library import Library, StackView
from organizer.library.room import HARD_LINK, PROTECTED
from organizer.media.sidecar import merge, read_fields
from organizer.paths import AppPaths
from organizer.records import SidecarFields
from organizer.results import Tier
from tests.model_hub import make_model

UNRATED = merge(None, SidecarFields("Harbour", "Boats at noon", ("boat", "바다"), None, 35.1, 129.04)).data
XMP = merge(None, SidecarFields("Harbour", "Boats at noon", ("boat", "바다"), 4, 35.1, 129.04)).data


@pytest.fixture
def pictures(labels: list[dict[str, str]], copy_photos: Callable[[Iterable[str]], Path]) -> Path:
    """Four photos: one with an exact copy and a small one that says more, one with a brightened one."""
    names = [row["file"] for row in labels if row["set"] == "captioned" and row["file"].endswith(".jpg")][:4]
    folder = copy_photos(names)
    files = sorted(folder.iterdir())
    for at, file in enumerate(files):
        file.rename(folder / f"photo{at}.jpg")
        os.utime(folder / f"photo{at}.jpg", (1_500_000_000 + at, 1_500_000_000 + at))
    shutil.copy2(folder / "photo0.jpg", folder / "photo0 (copy).jpg")
    with Image.open(folder / "photo0.jpg") as picture:
        small = picture.convert("RGB").resize((picture.width * 2 // 3, picture.height * 2 // 3))
        small.save(folder / "photo0 small.jpg", quality=80, xmp=UNRATED)
    with Image.open(folder / "photo1.jpg") as picture:
        ImageEnhance.Brightness(picture.convert("RGB")).enhance(1.1).save(
            folder / "photo1 web.jpg", quality=50
        )
    return folder


@pytest.fixture
def library(app_paths: AppPaths, pictures: Path) -> Iterator[Library]:
    made = Library.open(app_paths)
    made.add_folder(pictures)
    look(made)
    yield made
    made.close()


def look(library: Library) -> None:
    library.index(library.new_control())
    library.analyse()


def stack(library: Library, tier: Tier, name: str) -> StackView:
    found = [
        v for v in library.stacks() if v.stack.tier is tier and any(name in p.path.name for p in v.photos)
    ]
    assert len(found) == 1, [(v.stack.tier, [p.path.name for p in v.photos]) for v in library.stacks()]
    return found[0]


def kept(view: StackView) -> str:
    return next(photo.path.name for photo in view.photos if photo.id == view.stack.keep)


def test_the_persons_rules_choose_and_are_applied_at_once(library: Library, pictures: Path) -> None:
    before = stack(library, Tier.SAME_PICTURE, "photo0")
    assert kept(before) == "photo0.jpg"
    assert before.stack.why.startswith("most pixels: ")
    library.change_settings(keep_rules=("oldest", "-protected", "-raw", "-rating", "-pixels", "-bytes"))
    os.utime(pictures / "photo1 web.jpg", (1_400_000_000,) * 2)
    look(library)
    assert kept(stack(library, Tier.SAME_PICTURE, "photo1")) == "photo1 web.jpg"
    library.change_settings(keep_rules=())
    library.analyse()
    view = stack(library, Tier.SAME_PICTURE, "photo1")
    assert kept(view) == "photo1.jpg", view.stack.why


def test_a_copy_in_a_protected_folder_stays_and_counts_for_nothing(library: Library, pictures: Path) -> None:
    (pictures / "album").mkdir()
    shutil.copy2(pictures / "photo2.jpg", pictures / "album" / "photo2.jpg")
    shutil.copy2(pictures / "photo2.jpg", pictures / "album" / "photo2 again.jpg")
    (pictures / "backup").mkdir()
    shutil.copy2(pictures / "photo2.jpg", pictures / "backup" / "photo2.jpg")
    os.link(pictures / "photo3.jpg", pictures / "photo3 linked.jpg")
    library.change_settings(protected=(str(pictures / "album"),))
    look(library)
    view = stack(library, Tier.EXACT, "photo2")
    assert view.photos[0].path.parent.name == "album"
    assert view.stack.why.startswith("in a protected folder")
    assert view.notes == {
        photo.id: PROTECTED for photo in view.photos[1:] if photo.path.parent.name == "album"
    }
    assert view.savings == 2 * view.photos[0].size
    linked = [v for v in library.stacks() if any("linked" in photo.path.name for photo in v.photos)]
    for one in linked:
        assert (one.savings, set(one.notes.values())) == (0, {HARD_LINK})
    plan = library.exact_cleanup()
    assert (plan.photos, plan.protected, plan.links) == (3, 1, len(linked))
    assert plan.emptied == {pictures / "backup"}  # which held nothing else
    report = library.clean_exact()
    assert len(report.done) == 3
    assert not report.refused
    assert len(list((pictures / "album").iterdir())) == 2
    assert (pictures / "photo3.jpg").exists() and (pictures / "photo3 linked.jpg").exists()


def test_a_copy_that_turns_out_older_is_kept(library: Library, pictures: Path) -> None:
    assert kept(stack(library, Tier.EXACT, "photo0")) == "photo0.jpg"
    os.utime(pictures / "photo0 (copy).jpg", (1_300_000_000,) * 2)
    look(library)
    view = stack(library, Tier.EXACT, "photo0")
    assert kept(view) == "photo0 (copy).jpg"
    assert view.stack.why.startswith("oldest file: ")


def test_what_only_a_copy_says_comes_into_the_kept_photos_sidecar(library: Library, pictures: Path) -> None:
    view = stack(library, Tier.SAME_PICTURE, "photo0")
    offer = library.merge_offer(view.stack.key, view.stack.keep)
    assert offer.fields.title == "Harbour"
    assert offer.fields.keywords == ("boat", "바다")
    assert offer.fields.rating is None
    assert offer.fields.latitude == pytest.approx(35.1)
    small = next(photo.id for photo in view.photos if "small" in photo.path.name)
    assert set(offer.sources.values()) == {(small,)}
    with pytest.raises(ActionRefused, match="switched off"):
        library.merge_into_kept(view.stack.key, view.stack.keep)
    assert list(pictures.glob("*.xmp")) == []
    library.change_settings(sidecars=True)
    original = (pictures / "photo0.jpg").read_bytes()
    assert library.merge_into_kept(view.stack.key, view.stack.keep).done == (view.stack.keep,)
    assert (pictures / "photo0.jpg").read_bytes() == original
    assert read_fields((pictures / "photo0.jpg.xmp").read_bytes()) == offer.fields
    assert not library.merge_offer(view.stack.key, view.stack.keep)
    assert library.undo_text() == "merge what the copies say"
    library.undo()
    assert list(pictures.glob("*.xmp")) == []


def test_a_sidecar_is_read_at_the_scan_and_differences_are_shown(library: Library, pictures: Path) -> None:
    photo = next(
        p for p in library.photos(library.photo_ids().tolist()).values() if p.path.name == "photo2.jpg"
    )
    library.set_caption(photo.id, "My own words")
    (pictures / "photo2.xmp").write_bytes(XMP)
    look(library)
    said = library.sidecar(photo.id)
    assert said is not None
    assert (said.fields.rating, said.conflicts) == (4, {"description": "My own words"})
    assert library.detail(photo.id).caption is not None
    assert library.detail(photo.id).caption.text == "My own words"  # type: ignore[union-attr]
    (pictures / "photo2.xmp").write_text("not a sidecar any more")
    look(library)
    said = library.sidecar(photo.id)
    assert said is not None
    assert said.problem == "photo2.xmp is not a sidecar that can be read."
    assert (pictures / "photo2.xmp").read_text() == "not a sidecar any more"
    (pictures / "photo2.xmp").unlink()
    look(library)
    assert library.sidecar(photo.id) is None


def edit_metadata(file: Path, words: bytes) -> None:
    """As a program does that writes stars into the file: other bytes, the same pixels."""
    data = file.read_bytes()
    comment = b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words
    file.write_bytes(data[:2] + comment + data[2:])


def test_decisions_outlive_edited_metadata(library: Library, pictures: Path) -> None:
    """Also that of a copy which alone is left of the one that was decided about."""
    library.not_duplicates(stack(library, Tier.SAME_PICTURE, "photo1").stack.key)
    library.keep_both(stack(library, Tier.EXACT, "photo0").stack.key)
    edit_metadata(pictures / "photo1.jpg", b"five stars")
    edit_metadata(pictures / "photo0 (copy).jpg", b"taken at home")
    shutil.copy2(pictures / "photo1.jpg", pictures / "photo1 copy.jpg")
    edit_metadata(pictures / "photo1 copy.jpg", b"and with words")
    look(library)
    (exact,) = [view for view in library.stacks() if view.stack.tier is Tier.EXACT]
    names = {photo.path.name: photo.id for photo in exact.photos}
    assert set(names) == {"photo1.jpg", "photo1 copy.jpg"}
    library.resolve_stack(exact.stack.key, [names["photo1 copy.jpg"]])
    library.analyse()
    left = [{photo.path.name for photo in view.photos} for view in library.stacks()]
    assert not any("photo1" in name for one in left for name in one), left


def test_decisions_outlive_renames_moves_rescans_and_another_model(
    library: Library, pictures: Path, tmp_path: Path, app_paths: AppPaths
) -> None:
    library.not_duplicates(stack(library, Tier.SAME_PICTURE, "photo1").stack.key)
    library.keep_both(stack(library, Tier.EXACT, "photo0").stack.key)

    def asked() -> list[set[str]]:
        return [{photo.path.name for photo in view.photos} for view in library.stacks()]

    def open_ones() -> bool:
        return any("photo1" in name for names in asked() for name in names) or any(
            view.stack.tier is Tier.EXACT for view in library.stacks()
        )

    assert not open_ones()
    (pictures / "photo1 web.jpg").rename(pictures / "photo1 renamed.jpg")
    look(library)
    assert not open_ones()
    (pictures / "moved").mkdir()
    (pictures / "photo0 (copy).jpg").rename(pictures / "moved" / "photo0.jpg")
    (pictures / "photo1.jpg").rename(pictures / "moved" / "photo1.jpg")
    look(library)
    assert not open_ones()
    (root,) = library.roots()
    library.remove_folder(root.id)
    library.add_folder(pictures)
    look(library)
    assert not open_ones()
    library.use_model(library.import_model(make_model(tmp_path / "little")))
    look(library)
    assert not open_ones()
    library.close()
    again = Library.open(app_paths)
    try:
        again.analyse(None)
        shutil.copy2(pictures / "photo0.jpg", pictures / "photo0 third.jpg")
        os.utime(pictures / "photo0 third.jpg", (1_600_000_000,) * 2)
        look(again)
        joined = stack(again, Tier.EXACT, "photo0 third")
        assert len(joined.photos) == 3  # asked again, because something joined
        assert not any("photo1" in p.path.name for v in again.stacks() for p in v.photos)
    finally:
        again.close()
