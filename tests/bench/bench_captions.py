"""How good captions are and what they cost: ``python -m tests.bench.bench_captions [--photos FOLDER]``.

Every captioner that is on this computer writes about the captioned test photos, which no training saw:
BLEU-4, ROUGE-L, CIDEr-D, and processor time a caption. Then CoCa's cached decoding against open_clip's
``generate`` on the same random weights: the same tokens, and the processor time for 20 of them. Figures for
people; no test.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from organizer.library import Library
from organizer.media.pool import DecodePool
from organizer.paths import AppPaths
from organizer.records import Decoded, FileStamp, InputSpec
from tests.bench.bench_categories import PHOTOS
from tests.bench.caption_metrics import bleu, cider, rouge_l, words

T = TypeVar("T")
OTHER_SETS = ("everyday",)
SHOWN = 10
COUNTS = (1, 8, 16, 32)
KINDS = {
    kind: frozenset(named.split())
    for kind, named in {
        "buildings": "building buildings house houses tower skyscraper city church castle architecture",
        "forest": "forest trees woods",
        "glacier": "glacier ice mountain mountains snow snowy",
        "mountain": "mountain mountains mountainous cliff cliffs hill hills",
        "sea": "sea ocean beach waves coast water shore",
        "street": "street road highway city cars",
        "receipt": "receipt document paper text",
        "sketch": "sketch drawing",
        "clothes": "clothes clothing shirt t-shirt top longsleeve dress skirt pants trousers jeans shorts "
        "hat shoes hoodie jacket coat sweater blouse",
        "dog": "dog dogs puppy",
        "cat": "cat cats kitten",
    }.items()
}  # words of which one must stand in a sentence about a photo of the kind


@dataclass(frozen=True)
class Photo:
    """A test photo and what people wrote about it."""

    path: Path
    sentences: list[str]


def captioned(photos: Path, sets: Sequence[str] = ("captioned",)) -> list[Photo]:
    """The photos of some sets, with their sentences or labels."""
    rows = [line.split("\t") for line in (photos / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return [
        Photo(photos / row[0], [one.strip() for one in row[2].split(" | ")]) for row in rows if row[1] in sets
    ]


def pixels(photos: Sequence[Photo], spec: InputSpec) -> np.ndarray:
    """(N, S, S, 3) uint8, as the program's own decoder makes them."""
    with DecodePool(1, spec) as pool:
        waiting = [pool.submit(_stamp(photo.path)) for photo in photos]
        answers = [future.result() for future in waiting]
    return np.stack(
        [got.model_input for got in answers if isinstance(got, Decoded) and got.model_input is not None]
    )


def _stamp(path: Path) -> FileStamp:
    facts = path.stat()
    return FileStamp(path, facts.st_size, facts.st_mtime_ns)


def candidates(
    photos: Sequence[Photo], keys: Sequence[str] = (), models: Path | None = None
) -> dict[str, tuple[list[str], float]]:
    """Each captioner's sentences, and its processor seconds a caption (decoding of files apart).

    Args:
        keys: which captioners; all that are here where empty. models: folder of added models.
    """
    found: dict[str, tuple[list[str], float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = AppPaths.at(Path(folder) / "catalogue")
        if models is not None:
            paths.models.parent.mkdir(parents=True, exist_ok=True)
            paths.models.symlink_to(models.absolute())
        library = Library.open(paths)
        try:
            for key in keys or [choice.key for choice in library.captioners()]:
                library.use_captioner(key)
                captioner = library.captioner()
                batch = pixels(photos, captioner.input)
                captioner.describe(batch[:2])  # opens what is opened at first use
                started = time.process_time()
                said = captioner.describe(batch)
                found[key] = (said, (time.process_time() - started) / len(batch))
        finally:
            library.close()
    return found


def quality(photos: list[Photo], models: Path | None) -> None:
    """The table, and some sentences of every captioner."""
    written = [photo.sentences for photo in photos]
    found = candidates(photos, models=models)
    print(f"{len(photos)} photos of captioned/, {sum(map(len, written))} sentences by people\n")
    print("| captioner | BLEU-4 | ROUGE-L | CIDEr-D | ms a caption (CPU) |\n|---|---|---|---|---|")
    for key, (said, seconds) in found.items():
        figures = f"{bleu(said, written):.3f} | {rouge_l(said, written):.3f} | {cider(said, written):.3f}"
        print(f"| {key} | {figures} | {1000 * seconds:.1f} |")
    human, left = [one[0] for one in written], [one[1:] for one in written]
    figures = f"{bleu(human, left):.3f} | {rouge_l(human, left):.3f} | {cider(human, left):.3f}"
    print(f"| one person against the other four | {figures} | |\n")
    for key, (said, _) in found.items():
        print(f"{key}:")
        for photo, sentence in list(zip(photos, said, strict=True))[:: max(1, len(photos) // SHOWN)][:SHOWN]:
            print(f"  {photo.path.name.split('__')[-1]}: {sentence}")


def outside(photos: list[Photo], models: Path | None) -> None:
    """How many sentences name the kind, for photos of plain kinds, or else the thing by the last word of its
    label; and some sentences beside their labels.
    """
    found = candidates(photos, models=models)
    print("\n| captioner | silent | names the kind | of each kind | names the thing |\n|---|---|---|---|---|")
    for key, (said, _) in found.items():
        named: dict[str, list[bool]] = {}
        things: list[bool] = []
        for photo, sentence in zip(photos, said, strict=True):
            label = photo.sentences[0]
            kind, spoken = kind_of(label), set(words(sentence))
            if kind:
                named.setdefault(kind, []).append(bool(KINDS[kind] & spoken))
            else:
                things.append(label.split()[-1] in spoken)
        every = [hit for hits in named.values() for hit in hits]
        each = ", ".join(f"{kind} {sum(hits)}/{len(hits)}" for kind, hits in named.items())
        figures = f"{sum(every)} of {len(every)} | {each} | {sum(things)} of {len(things)}"
        print(f"| {key} | {said.count('')} of {len(said)} | {figures} |")
    for key, (said, _) in found.items():
        print(f"\n{key}, photos of other kinds:")
        for photo, sentence in list(zip(photos, said, strict=True))[:: max(1, len(photos) // 24)][:24]:
            print(f"  {photo.sentences[0][:40]}: {sentence}")


def kind_of(label: str) -> str:
    """The plain kind of a label, or "": "sketch of a horse" is a sketch, "dog: havanese" a dog."""
    first = re.split("[: ]", label, maxsplit=1)[0]
    return (
        first if first in KINDS and (label == first or label.startswith((f"{first}:", f"{first} of"))) else ""
    )


def decoding(name: str, length: int = 20, rounds: int = 3) -> None:
    """Cached decoding against open_clip's ``generate``: the same weights, the same tokens, in turns."""
    import torch

    from tests import coca_reference as reference

    torch.manual_seed(0)
    model = reference.open_clip.create_model(name, precision="fp32").eval()
    torch.nn.init.normal_(model.text_decoder.text_projection)  # open_clip leaves it at zero: all words alike
    side = model.visual.image_size
    side = side[0] if isinstance(side, tuple) else side
    print(f"\n{name}, random weights, {length} tokens a caption, {torch.get_num_threads()} threads")
    print("CPU seconds a caption:\n")
    print(
        "| photos at once | generate | cached | times | same tokens | generate, 4 beams | cached, 4 beams |"
    )
    print("|---|---|---|---|---|---|---|")
    for count in COUNTS:
        seen = torch.randn(count, 3, side, side)
        with torch.inference_mode():
            rows = [_compared(model, seen, length) for _ in range(rounds if count < 16 else 1)]
        slow, quick, wide, wider = (float(np.median([row[one] for row in rows])) for one in range(4))
        ratio = float(np.median([row[0] / row[1] for row in rows]))
        same = all(row[4] for row in rows)
        beams = f"{wider:.2f}" if wider else "not measured"
        print(f"| {count} | {slow:.2f} | {quick:.2f} | {ratio:.1f} | {same} | {beams} | {wide:.2f} |")


def _compared(model: Any, seen: Any, length: int) -> tuple[float, float, float, float, bool]:
    """CPU seconds a caption: ``generate``, the cache, the cache with beams, ``generate`` with beams where it
    can; and whether the first two say the same.
    """
    from organizer.models.coca_steps import CocaSteps
    from organizer.models.decoding import Rules, decode
    from tests import coca_reference as reference

    rules = Rules(reference.START, (reference.END, 0), longest=length + 1, shortest=length)
    count = len(seen)

    def cached(beams: int) -> list[list[int]]:
        steps = CocaSteps(model, model._encode_image(seen)[1])
        return decode(steps, count, replace(rules, beams=beams))

    theirs, slow = _timed(lambda: reference.own_generate(model, seen, length + 1, length))
    ours, quick = _timed(lambda: cached(1))
    _, wide = _timed(lambda: cached(4))
    wider = 0.0
    if reference.REAL and count < 16:
        _, wider = _timed(lambda: reference.own_beams(model, seen, length + 1, length, 4))
    if any(len(row) != length + 1 for row in theirs):
        raise RuntimeError("the random model stopped early: another seed is needed")
    return slow / count, quick / count, wide / count, wider / count, ours == theirs


def beams(models: int = 8, longest: int = 18) -> None:
    """Beam search with the cache against open_clip's: on small random models that end their sentences."""
    import torch

    from organizer.models.coca_steps import CocaSteps
    from organizer.models.decoding import Rules, decode
    from tests import coca_reference as reference

    if not reference.REAL:
        print("\nBeams are not compared with open_clip's: that needs an older transformers, such as 4.49.")
        return
    for penalty in (0.0, 1.0):
        equal = every = 0
        lengths: set[int] = set()
        for seed in range(models):
            model, seen = reference.model_that_ends(seed), reference.pictures(6, seed)
            rules = Rules(
                reference.START, (reference.END,), longest=longest + 1, shortest=5, beams=4, penalty=penalty
            )
            with torch.inference_mode():
                ours = decode(CocaSteps(model, model._encode_image(seen)[1]), len(seen), rules)
                theirs = reference.own_beams(model, seen, longest, 5, 4, penalty)
            equal += sum(one == other for one, other in zip(ours, theirs, strict=True))
            every += len(ours)
            lengths |= {len(one) for one in ours}
        print(
            f"\n4 beams, length penalty {penalty}: {equal} of {every} sentences equal open_clip's, ", end=""
        )
        print(f"of {min(lengths)} to {max(lengths)} tokens")


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    return work(), time.process_time() - started


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--models", type=Path, help="folder of added models, to measure a CoCa that is there")
    parser.add_argument("--only", choices=("quality", "decoding"))
    parser.add_argument("--architecture", default="coca_ViT-B-32")
    arguments = parser.parse_args(argv)
    logging.disable(logging.INFO)
    if arguments.only != "decoding":
        quality(captioned(arguments.photos), arguments.models)
        outside(captioned(arguments.photos, OTHER_SETS), arguments.models)
    if arguments.only != "quality":
        decoding(arguments.architecture)
        beams()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
