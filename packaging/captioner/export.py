"""Put the best weights of a run where the program finds them: float16 safetensors, and the words as JSON.

With ``--photos`` the captioner is measured on the captioned test photos beside descriptions made of labels,
and the figures go into the JSON: the program shows the captioner's sentences by default only where they win.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import folders

logger = logging.getLogger("export")

MOST_BYTES = 8_000_000


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, write, measure, write the figures."""
    options = folders.parser(__doc__)
    options.add_argument("--name", default="captioner", help="name of the run's checkpoint")
    options.add_argument("--to", type=Path, default=folders.DEFAULT_MODEL)
    options.add_argument("--photos", type=Path, help="folder of the test photos")
    arguments = options.parse_args(argv)
    made = folders.start(arguments)
    import evaluate

    from organizer.models.captioner_words import SPECIAL, WordList

    known, net = evaluate.best_of(made, arguments.name)
    words = WordList(known.words[len(SPECIAL) :], unspoken())
    size = write(arguments.to, words, net, {})
    logger.info("%s: %d bytes", arguments.to, size)
    if size > MOST_BYTES:
        raise SystemExit(f"{size} bytes are more than the {MOST_BYTES} that the program carries")
    if arguments.photos is not None:
        figures = _measured(arguments)
        write(arguments.to, words, net, figures)
        logger.info("%s", figures)


def unspoken() -> list[str]:
    """The words that no exported captioner says."""
    lines = (Path(__file__).parent / "unspoken.txt").read_text(encoding="utf-8").split("\n")
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def write(folder: Path, words, net, measured: dict[str, float]) -> int:
    """Write a captioner's folder; returns its size in bytes."""
    import torch
    from safetensors.torch import save_file

    from organizer.models.captioner import WEIGHTS_FILE, WORDS_FILE

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: array.detach().to(torch.float16).contiguous() for name, array in net.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        partial = Path(beside) / WEIGHTS_FILE
        save_file(arrays, partial, metadata={"format": "pt"})
        partial.chmod(0o644)
        partial.replace(folder / WEIGHTS_FILE)
    words.save(folder / WORDS_FILE, {"net": net.settings.as_dict(), "measured": measured})
    return sum((folder / name).stat().st_size for name in (WEIGHTS_FILE, WORDS_FILE))


def _measured(arguments) -> dict[str, float]:
    from organizer.paths import resources_dir
    from tests.bench.bench_captions import candidates, captioned

    if arguments.to.resolve() != (resources_dir() / "models" / "captioner").resolve():
        raise SystemExit("only the captioner in resources can be measured on the test photos")
    photos = captioned(arguments.photos)
    import evaluate

    scores = {
        name: evaluate.measured(said, [photo.sentences for photo in photos])[2]
        for name, (said, _) in candidates(photos, ("starter-captioner", "labels")).items()
    }
    return {"cider": round(scores["starter-captioner"], 4), "cider_of_labels": round(scores["labels"], 4)}


if __name__ == "__main__":
    main()
