"""The report as one page that stands alone: no script, nothing fetched, thumbnails inside the file.

Works on the JSON report and a function that gives thumbnails; it knows no catalogue.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from organizer.errors import EnvironmentProblem

ThumbnailOf = Callable[[str], bytes | None]

PHOTOS_A_CATEGORY = 12
STACKS = 60
FLAGGED = 60
CAPTIONED = 40
HIGHLIGHTS = 60

STYLE = """
:root { color-scheme: light dark; --ink: #1d1f23; --quiet: #5c626c; --page: #fafafa; --tile: #ececef;
  --accent: #2b64c8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9ec; --quiet: #a0a6b0; --page: #191a1d;
  --tile: #26282c; --accent: #7aa7f5; } }
body { margin: 0 auto; max-width: 1120px; padding: 32px 24px 64px; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 20px; margin: 40px 0 4px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p, small { color: var(--quiet); margin: 0 0 8px; }
.numbers { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 20px 0; padding: 0; list-style: none; }
.numbers b { display: block; font-size: 24px; font-weight: 600; }
.photos { display: flex; flex-wrap: wrap; gap: 8px; }
figure { margin: 0; width: 164px; }
figure img, figure .none { display: block; width: 164px; height: 124px; object-fit: contain;
  background: var(--tile); border-radius: 4px; }
figure.keep img { box-shadow: 0 0 0 3px var(--accent); }
figcaption { font-size: 12px; color: var(--quiet); overflow-wrap: anywhere; margin-top: 4px; }
figcaption b { color: var(--accent); }
td { padding: 2px 16px 2px 0; vertical-align: top; overflow-wrap: anywhere; }
"""


def write_page(report: Mapping[str, Any], thumbnail_of: ThumbnailOf, file: Path) -> None:
    """Write the page; a file of the same name is replaced.

    Raises:
        EnvironmentProblem: the file cannot be written.
    """
    page = "\n".join(_page(report, thumbnail_of))
    try:
        file.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise EnvironmentProblem(f"The report could not be written to {file}: {error.strerror}.") from error


def _page(report: Mapping[str, Any], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Your photos</title>"
    yield "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    yield f"<style>{STYLE}</style></head><body><h1>Your photos</h1>"
    yield f"<p>Made on this computer with the model {escape(report['model'])}; nothing was sent anywhere.</p>"
    yield from _numbers(report)
    yield from _categories(report["categories"], thumbnail_of)
    yield from _stacks(report["duplicates"], thumbnail_of)
    yield from _highlights(report["highlights"], thumbnail_of)
    yield from _low_quality(report["low_quality"], thumbnail_of)
    yield from _captions(report["captions"], thumbnail_of)
    yield from _unreadable(report["unreadable"])
    yield "</body></html>"


def _numbers(report: Mapping[str, Any]) -> Iterator[str]:
    highlights = sum(len(group["images"]) for group in report["highlights"])
    yield "<ul class='numbers'>"
    for number, word in (
        (report["photos"], "photos"),
        (len(report["categories"]), "categories"),
        (len(report["duplicates"]), "duplicate stacks"),
        (highlights, "highlights"),
        (len(report["low_quality"]), "of low quality"),
        (len(report["unreadable"]), "unreadable files"),
    ):
        yield f"<li><b>{number:,}</b>{word}</li>"
    yield "</ul>"


def _categories(categories: list[dict[str, Any]], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<h2>Categories</h2>"
    if not categories:
        yield "<p>No photo was looked at yet.</p>"
    for category in categories:
        images = category["images"]
        parent = f" <small>in {escape(category['parent'])}</small>" if category["parent"] else ""
        yield f"<h3>{escape(category['category'])}{parent} <small>{len(images):,}</small></h3>"
        yield "<div class='photos'>"
        for image in images[:PHOTOS_A_CATEGORY]:
            yield _figure(image["image"], f"{image['score']:.0%}", thumbnail_of)
        yield "</div>"
        yield from _rest(len(images), PHOTOS_A_CATEGORY)


def _stacks(stacks: list[dict[str, Any]], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<h2>Duplicate stacks</h2>"
    yield "<p>Nothing is removed by this report. The framed photo is the one suggested to keep.</p>"
    for stack in stacks[:STACKS]:
        yield f"<h3>{escape(stack['tier'])} <small>keep: {escape(stack['why'])}</small></h3>"
        yield "<div class='photos'>"
        for path in stack["images"]:
            keep = path == stack["keep"]
            note = f"<b>Keep</b> {_name(path)}" if keep else _name(path)
            yield _figure(path, note, thumbnail_of, "keep" if keep else "")
        yield "</div>"
    yield from _rest(len(stacks), STACKS)


def _highlights(groups: list[dict[str, Any]], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<h2>Highlights</h2><div class='photos'>"
    picks = [(group["category"], image) for group in groups for image in group["images"]]
    for category, image in picks[:HIGHLIGHTS]:
        note = f"{escape(category)}<br>{escape(image.get('why', ''))}"
        yield _figure(image["image"], note, thumbnail_of)
    yield "</div>"
    yield from _rest(len(picks), HIGHLIGHTS)


def _low_quality(flagged: list[dict[str, Any]], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<h2>Low quality</h2><div class='photos'>"
    for row in flagged[:FLAGGED]:
        reasons = ", ".join(f"{reason['reason']} {reason['score']:.0%}" for reason in row["reasons"])
        yield _figure(row["image"], escape(reasons), thumbnail_of)
    yield "</div>"
    yield from _rest(len(flagged), FLAGGED)


def _captions(captions: list[dict[str, Any]], thumbnail_of: ThumbnailOf) -> Iterator[str]:
    yield "<h2>Captions</h2><div class='photos'>"
    for row in captions[:CAPTIONED]:
        yield _figure(row["image"], escape(row["caption"]), thumbnail_of)
    yield "</div>"
    yield from _rest(len(captions), CAPTIONED)


def _unreadable(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "<h2>Unreadable files</h2><p>They were left as they are.</p><table>"
    for row in rows:
        yield f"<tr><td>{escape(row['image'])}</td><td>{escape(row['error'])}</td></tr>"
    yield "</table>"


def _figure(path: str, note: str, thumbnail_of: ThumbnailOf, kind: str = "") -> str:
    data = thumbnail_of(path)
    if data:
        source = base64.b64encode(data).decode("ascii")
        picture = f"<img src='data:image/jpeg;base64,{source}' alt='' title='{_title(path)}' loading='lazy'>"
    else:
        picture = f"<div class='none' title='{_title(path)}'></div>"
    return f"<figure class='{kind}'>{picture}<figcaption>{note}</figcaption></figure>"


def _rest(total: int, shown: int) -> Iterator[str]:
    if total > shown:
        yield f"<p>and {total - shown:,} more</p>"


def _name(path: str) -> str:
    return escape(Path(path).name)


def _title(path: str) -> str:
    return escape(path, quote=True)
