"""A contact sheet: chosen photos as one page that stands alone, to be looked at, printed or sent.

No script, nothing fetched, thumbnails inside the file; works on plain values and knows no catalogue.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

HEIGHT = 190  # of a row of photos, CSS pixels

STYLE = """
:root { color-scheme: light dark; --ink: #1d1f23; --quiet: #5c626c; --page: #fafafa; --tile: #ececef; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9ec; --quiet: #a0a6b0; --page: #191a1d;
  --tile: #26282c; } }
body { margin: 0 auto; max-width: 1280px; padding: 32px 24px 64px; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
p { color: var(--quiet); margin: 0 0 24px; }
main { display: flex; flex-wrap: wrap; gap: 16px 10px; }
main::after { content: ""; flex-grow: 1000; }
figure { margin: 0; flex-grow: var(--shape); width: calc(var(--shape) * HEIGHTpx); max-width: 100%; }
figure img, figure .none { display: block; width: 100%; aspect-ratio: var(--shape); object-fit: cover;
  background: var(--tile); border-radius: 4px; }
figcaption { font-size: 12px; line-height: 1.4; margin-top: 4px; overflow-wrap: anywhere; }
figcaption small { display: block; font-size: inherit; color: var(--quiet); }
@media print { :root { --ink: #000; --quiet: #444; --page: #fff; --tile: #eee; }
  body { max-width: none; padding: 0; } figure { break-inside: avoid; } }
""".replace("HEIGHT", str(HEIGHT))


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo of a sheet. shape: width over height. thumbnail: JPEG bytes, or None."""

    name: str
    note: str
    shape: float
    thumbnail: bytes | None


def sheet(title: str, line: str, photos: Iterable[Shown], language: str = "en") -> bytes:
    """The page in UTF-8. line: said under the title."""
    return "\n".join(_page(title, line, photos, language)).encode("utf-8", "replace")


def _page(title: str, line: str, photos: Iterable[Shown], language: str) -> Iterator[str]:
    yield f"<!doctype html><html lang='{escape(language, quote=True)}'><head><meta charset='utf-8'>"
    yield f"<title>{escape(title)}</title>"
    yield "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    yield f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(line)}</p><main>"
    for photo in photos:
        yield _figure(photo)
    yield "</main></body></html>"


def _figure(photo: Shown) -> str:
    shape = f"--shape: {min(max(photo.shape, 0.4), 3.2):.3f}"
    name, note = escape(photo.name), escape(photo.note)
    if photo.thumbnail:
        source = base64.b64encode(photo.thumbnail).decode("ascii")
        title = escape(photo.name, quote=True)
        picture = f"<img src='data:image/jpeg;base64,{source}' alt='{title}' loading='lazy'>"
    else:
        picture = "<div class='none'></div>"
    small = f"<small>{note}</small>" if note else ""
    return f"<figure style='{shape}'>{picture}<figcaption>{name}{small}</figcaption></figure>"
