"""How well quality is judged: graded degradations, labelled photos and false alarms, beside the references.

    python -m tests.bench.bench_quality [PHOTOS] [--few]

References, in the same run: the variance of the Laplacian at 300 px with threshold 80, and the prompt-pair
method of photo-sorting scripts on the bundled model: the difference of two cosines, flagged beyond 0.2.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.analysis.quality import flags, load_calibration, scores
from organizer.media.measure import measure
from organizer.paths import resources_dir
from organizer.records import Measurements
from organizer.results import PhotoTable, Reason
from tests.bench.photoset import DEFAULT_ROOT, is_held_out, labels, read
from tests.bench.quality_sets import (
    LADDERS,
    NOT_PHOTOS,
    defocused,
    drawn_pictures,
    good_names,
    gradable,
    icons,
    made_good_pictures,
    quantisation_of,
    scanned,
    table_of,
)
from tests.bench.quality_times import print_times

CALIBRATION = load_calibration(resources_dir() / "calibration" / "quality.toml")
FALL = 0.02  # a score may fall by so much along a ladder: where it is at an end it says nothing more
LABELS = {  # labels of the quality set that a reason should flag; all others it should not
    Reason.BLURRED: ("defocus_blur", "motion_blur"),
    Reason.NOISY: ("noisy",),
    Reason.UNDEREXPOSED: ("under_exposed", "exposure_rank_1"),
    Reason.OVEREXPOSED: ("over_exposed", "exposure_rank_5_of_5", "exposure_rank_6_of_6"),
}
PROMPTS = {
    Reason.BLURRED: ("a blurry photo.", "a sharp photo."),
    Reason.NOISY: ("a noisy photo.", "a clean photo."),
    Reason.UNDEREXPOSED: ("an underexposed photo.", "a well lit photo."),
    Reason.PIXELATED: ("a low resolution photo.", "a high resolution photo."),
    Reason.COMPRESSED: ("a photo with artefacts.", "a natural photo."),
}
PROMPT_THRESHOLD = 0.2


def auc(bad: NDArray[np.floating], good: NDArray[np.floating]) -> float:
    """Area under the ROC curve."""
    return float((bad[:, None] > good[None, :]).mean() + 0.5 * (bad[:, None] == good[None, :]).mean())


def rising(ladder: NDArray[np.floating], fall: float = FALL) -> NDArray[np.bool_]:
    """Which ladders, (steps, photos), never fall by more than ``fall``."""
    never: NDArray[np.bool_] = (np.diff(ladder, axis=0) >= -fall).all(axis=0)
    return never


def scored(table: PhotoTable) -> dict[Reason, NDArray[np.float32]]:
    return scores(table, CALIBRATION)


def graded(good: Sequence[Image.Image]) -> None:
    print(f"graded degradations of {len(good)} good photos that the calibration never saw:")
    print("AUC / share flagged at each amount;")
    print(f"rising: share of ladders whose score never falls by more than {FALL}")
    for ladder in LADDERS:
        steps = np.stack([scored(table)[ladder.reason] for table in ladder.of(good)])
        base, bad = steps[0], steps[1:]
        cells = "  ".join(f"{amount:g}: {auc(row, base):.3f}/{np.mean(row >= 0.5):.2f}"
                          for amount, row in zip(ladder.amounts, bad, strict=True))  # fmt: skip
        plain = bad[ladder.amounts.index(ladder.plain) :]
        print(
            f"{ladder.name:22} {cells}   all {auc(bad.ravel(), base):.3f}  rising {rising(steps).mean():.2f}"
        )
        right, wrong = int((plain >= 0.5).sum()), int((base >= 0.5).sum()) * len(plain)
        print(f"{'':22} from {ladder.plain:g}: recall {right / plain.size:.2f}, "
              f"precision {right / max(1, right + wrong):.2f}")  # fmt: skip


# -- references -------------------------------------------------------------------------------------


def laplacian_variance(picture: Image.Image) -> float:
    """The usual reference: variance of the Laplacian at 300 px, "blurred" below 80."""
    small = picture.convert("L")
    small.thumbnail((300, 300))
    v = np.asarray(small, np.float32)
    return float((v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]).var())


def by_laplacian(good: Sequence[Image.Image]) -> None:
    sharp = np.array([laplacian_variance(picture) for picture in good])
    print("\nreference, Laplacian at 300 px below 80, AUC / flagged of the blurred, and flagged of the good:")
    for ladder in LADDERS[:2]:
        cells = []
        for amount in ladder.amounts:
            soft = np.array([laplacian_variance(ladder.grade(picture, amount)) for picture in good])
            cells.append(f"{amount:g}: {auc(-soft, -sharp):.3f}/{np.mean(soft < 80):.2f}")
        print(f"  {ladder.name:22} {'  '.join(cells)}   good {np.mean(sharp < 80):.2f}")
    noisy = np.array([laplacian_variance(LADDERS[2].grade(defocused(one, 3), 15)) for one in good])
    blurred = table_of([LADDERS[2].grade(defocused(one, 3), 15) for one in good])
    ours = scored(blurred)[Reason.BLURRED]
    shares = f"Laplacian flags {np.mean(noisy < 80):.2f}, ours {np.mean(ours >= 0.5):.2f}"
    print(f"  defocus 3 with noise 15: {shares}")


def by_prompts(good: Sequence[Image.Image]) -> None:
    from organizer.media.scaled import model_input
    from organizer.models.openclip import open_embedder
    from organizer.models.registry import load_registry

    embedder = open_embedder(load_registry(resources_dir(), Path("models")).bundled)

    def seen(pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        inputs = np.stack([model_input(picture, embedder.input) for picture in pictures])
        return embedder.encode_images(inputs)

    sound = seen(good)
    print(f"\nreference, prompt pairs on the starter model, flagged beyond {PROMPT_THRESHOLD}:")
    for ladder in LADDERS:
        if ladder.reason in PROMPTS:
            fault, well = embedder.encode_texts(PROMPTS[ladder.reason])
            spoilt = seen([ladder.grade(picture, ladder.plain) for picture in good])
            apart, base = spoilt @ (fault - well), sound @ (fault - well)
            print(f"  {ladder.name:22} at {ladder.plain:g}: AUC {auc(apart, base):.3f}, flags "
                  f"{np.mean(apart > PROMPT_THRESHOLD):.2f} of the spoilt, "
                  f"{np.mean(base > PROMPT_THRESHOLD):.2f} of the good")  # fmt: skip
    embedder.close()


# -- labelled photos --------------------------------------------------------------------------------


def quality_set(root: Path) -> None:
    rows = [row for row in labels(root) if row["set"] == "quality"]
    files = [root / row["file"] for row in rows]
    table = table_of([read(file) for file in files], [quantisation_of(file) for file in files])
    found = scored(table)
    print(f"\nquality: {len(rows)} labelled photos")
    for reason, wanted in LABELS.items():
        bad = np.array([row["label"].startswith(wanted) for row in rows])
        flagged = found[reason] >= CALIBRATION.thresholds[reason]
        right = int((flagged & bad).sum())
        print(f"  {reason:13} {bad.sum()} labelled: AUC {auc(found[reason][bad], found[reason][~bad]):.3f}, "
              f"recall {right / bad.sum():.2f}, precision {right / max(1, flagged.sum()):.2f}")  # fmt: skip
    noise = {row["file"]: table.measures["noise"][at] for at, row in enumerate(rows)}
    pairs = [(noise[name], noise[name.replace("_real", "_mean")]) for name in noise if "_real" in name]
    above = sum(one > other for one, other in pairs)
    print(f"  noisier than the mean of a hundred shots of the same scene: {above} of {len(pairs)}")
    why = {flag.photo_id: "" for flag in flags(table, found, CALIBRATION.thresholds)}
    for flag in flags(table, found, CALIBRATION.thresholds):
        why[flag.photo_id] += f"{flag.reason} {flag.score:.2f} ({flag.why}); "
    for index, row in enumerate(rows):
        best = max(Reason, key=lambda reason: found[reason][index])
        text = why.get(index + 1, f"- (nearest: {best} {found[best][index]:.2f})")
        print(f"  {row['label'][:28]:28} {row['file'].split('__')[-1][-34:]:34} {text}")


def light(measured: Measurements) -> float:
    """How bright a picture is: its median, and where that is at an end, how far the other tones went too."""
    past = 0.1 * (1 - measured.contrast)
    if measured.brightness > 0.98:
        return measured.brightness + past
    return measured.brightness - past if measured.brightness < 0.02 else measured.brightness


def brackets(root: Path) -> None:
    """Whether the measured brightness puts every exposure bracket in order."""
    scenes = {
        group["files"][0].split("__")[-2]: group["files"]
        for group in json.loads((root / "groups.json").read_text(encoding="utf-8"))
        if group["kind"] == "exposure-bracket"
    }
    for row in labels(root):
        if row["label"].startswith("exposure_rank"):
            scenes.setdefault(f"{row['file'].split('__')[-2]} ", []).append(row["file"])
    print("\nexposure brackets: median luma and share clipped, dark to bright or bright to dark as numbered")
    for name, files in scenes.items():
        made = [measure(read(root / file)) for file in sorted(files)]
        order = np.sign(np.diff([light(one) for one in made]))
        verdict = "in order" if abs(order.sum()) == len(order) else "NOT in order"
        print(
            f"  {name:8} {verdict:9} " + " ".join(f"{m.brightness:.2f}/{m.clipped_bright:.2f}" for m in made)
        )


def false_alarms(root: Path) -> None:
    names = good_names(root)
    drawn = [row["file"] for row in labels(root) if row["label"].startswith(NOT_PHOTOS)]
    looks = [f"lookalikes/{file.name}" for file in sorted((root / "lookalikes").iterdir())]
    parts = {
        "good photos": names,
        "of these held out of the calibration": [name for name in names if is_held_out(name)],
        "sketches and receipts": drawn,
        "lookalikes (articles, other pictures)": looks,
    }
    for part, files in parts.items():
        table = table_of([read(root / f) for f in files], [quantisation_of(root / f) for f in files])
        made = flags(table, scored(table), CALIBRATION.thresholds)
        print(f"\n{part}: {len({flag.photo_id for flag in made})} of {len(files)} flagged")
        for flag in made:
            print(f"  {files[flag.photo_id - 1][-52:]:52} {flag.reason} {flag.score:.2f} ({flag.why})")
    for part, pictures in {
        "night, silhouette, fog, grey, HDR, bokeh, strips": made_good_pictures(
            [read(root / name) for name in names[:12]]
        ),
        "screens of text, charts, logos, line drawings, icons": [*drawn_pictures(), *icons()],
        "scanned text": [scanned(page) for page in drawn_pictures()[:6]],
    }.items():
        table = table_of(pictures)
        made = flags(table, scored(table), CALIBRATION.thresholds)
        print(f"\n{part}: {len({flag.photo_id for flag in made})} of {len(pictures)} flagged")
        for flag in made:
            size = pictures[flag.photo_id - 1].size
            print(f"  {flag.photo_id} {size} {flag.reason} {flag.score:.2f} ({flag.why})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="?", type=Path, default=DEFAULT_ROOT)
    parser.add_argument("--few", action="store_true", help="a quarter of the graded photos")
    arguments = parser.parse_args()
    root = arguments.photos
    began = time.process_time()
    unseen = [name for name in good_names(root) if is_held_out(name)]
    good = gradable(root, unseen, 14 if arguments.few else 56)
    graded(good)
    by_laplacian(good)
    by_prompts(good)
    quality_set(root)
    brackets(root)
    false_alarms(root)
    print_times(root)
    print(f"\n{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
