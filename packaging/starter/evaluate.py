"""Judge a model on photos that no training saw, and print one table beside the prototype's figures.

Zero-shot accuracy over the coarse classes and all finer labels, text-to-photo recall, sketch or
photo, document or photo, speed and size. More models can be named with --also; the table is written
as Markdown with --markdown.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import workspace

logger = logging.getLogger("evaluate")

# from the data folder's README: measured on other photos of the same sources, naive prompts;
# recall among 200 photos there, among those of captioned/ here
PROTOTYPE = {
    "teacher": {"coarse, naive": 0.81, "six scenes": 0.90, "R@1": 0.19, "R@5": 0.45, "R@10": 0.61},
    "prototype": {
        "coarse, naive": 0.65,
        "R@1": 0.02,
        "R@5": 0.12,
        "R@10": 0.20,
        "times ViT-B-32": 57.0,
        "pictures/s": 748.0,
    },
}
ROWS = (
    "coarse, naive",
    "coarse",
    "six scenes",
    "finer labels",
    "sketch or photo",
    "document or photo",
    "R@1",
    "R@5",
    "R@10",
    "captioned photos",
    "pictures/s",
    "times ViT-B-32",
    "load seconds",
    "megabytes",
)


def main() -> None:
    """Parse the options, measure, print."""
    options = workspace.parser(__doc__, data=False)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL)
    options.add_argument("--also", type=Path, nargs="*", default=[], help="other model folders")
    options.add_argument("--no-speed", action="store_true")
    options.add_argument("--details", action="store_true", help="each coarse class by itself")
    options.add_argument("--markdown", type=Path, help="write the table to this file too")
    options.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = options.parse_args()
    workspace.start(arguments)
    columns: dict[str, dict[str, float]] = {}
    for folder in [arguments.model, *arguments.also]:
        columns[folder.name] = measure(folder, arguments)
    columns |= PROTOTYPE
    table = format_table(columns)
    print(table)
    if arguments.markdown:
        arguments.markdown.write_text(table + "\n", encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps(columns, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, arguments: object) -> dict[str, float]:
    """All figures of one model folder."""
    import heldout

    from organizer.models.openclip import OpenClipEmbedder

    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))  # type: ignore[attr-defined]
    embedder = OpenClipEmbedder.load(folder, "auto")
    vectors = heldout.embed(embedder, photos)
    naive, each_naive = heldout.coarse_accuracy(embedder, photos, vectors, naive=True)
    coarse, each = heldout.coarse_accuracy(embedder, photos, vectors, naive=False)
    if arguments.details:  # type: ignore[attr-defined]
        for name in each:
            logger.info("%-10s naive %.2f, phrased %.2f", name, each_naive[name], each[name])
    found = heldout.retrieval(embedder, photos, vectors)
    figures = {
        "coarse, naive": naive,
        "coarse": coarse,
        "six scenes": heldout.scene_accuracy(embedder, photos, vectors),
        "finer labels": heldout.fine_accuracy(embedder, photos, vectors)[0],
        "sketch or photo": heldout.binary_accuracy(
            embedder, photos, vectors, "sketch", ("sketch", "photograph")
        ),
        "document or photo": heldout.binary_accuracy(
            embedder, photos, vectors, "receipt", ("receipt or document", "photograph")
        ),
        "captioned photos": found.pop("photos"),
        **found,
    }
    if not arguments.no_speed:  # type: ignore[attr-defined]
        figures |= _speed(folder, embedder)
    return figures


def _speed(folder: Path, embedder: object) -> dict[str, float]:
    import speed

    rate, reference = speed.compared(embedder, speed.vit_b_32(), 32)  # type: ignore[arg-type]
    return {
        "pictures/s": rate,
        "times ViT-B-32": rate / reference,
        "load seconds": speed.load_seconds(folder),
        "megabytes": speed.folder_bytes(folder) / 1e6,
    }


def format_table(columns: dict[str, dict[str, float]]) -> str:
    """A Markdown table, one model a column."""
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for row in ROWS:
        cells = [_cell(row, figures.get(row)) for figures in columns.values()]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(row: str, value: float | None) -> str:
    if value is None:
        return ""
    if row in ("pictures/s", "captioned photos"):
        return f"{value:.0f}"
    return f"{value:.1f}" if row in ("times ViT-B-32", "megabytes") else f"{value:.2f}"


if __name__ == "__main__":
    main()
