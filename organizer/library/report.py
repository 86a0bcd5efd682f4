"""The report: everything that was found, as the one JSON object that scripts and tests read."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from organizer.library.html_report import write_page
from organizer.library.topics import TopicShows
from organizer.results import OTHERS

SCHEMA = 1  # keys are added later and never changed; resources/schemas/report.schema.json


class Reports(TopicShows):
    """The reporting part of the library."""

    def report(self) -> dict[str, Any]:
        """The report of the design; paths are absolute, every readable photo stands in one category."""
        photos = self._reader.photos(self.photo_ids())
        paths = {photo_id: str(photo.path) for photo_id, photo in photos.items()}
        return {
            "schema": SCHEMA,
            "model": self._shelf.spec().key,
            "photos": len(photos),
            "categories": self._report_categories(paths),
            "duplicates": [
                {
                    "tier": str(view.stack.tier),
                    "images": [str(photo.path) for photo in view.photos],
                    "keep": paths[view.stack.keep],
                    "why": view.stack.why,
                }
                for view in self.stacks()
            ],
            "highlights": self._report_highlights(paths),
            "low_quality": self._report_flags(paths),
            "captions": [
                {"image": paths[one.photo_id], "caption": one.text, "source": one.source}
                for one in self.captions()
                if one.photo_id in paths
            ],
            "topics": [
                {
                    "topic": topic.name,
                    "words": list(topic.words),
                    "images": [paths[photo_id] for photo_id in topic.photo_ids if photo_id in paths],
                }
                for topic in self.topics()
            ],
            "unreadable": [
                {"image": str(one.stamp.path), "error": one.sentence} for one in self.unreadable()
            ],
        }

    def _report_categories(self, paths: dict[int, str]) -> list[dict[str, Any]]:
        scores = {one.photo_id: one.score for one in self._reader.categories()}
        rows = []
        others: list[dict[str, Any]] = []
        for view in self.categories():
            images = [
                {"image": paths[photo_id], "score": round(scores[photo_id], 4)}
                for photo_id in view.photo_ids
                if photo_id in paths
            ]
            if view.key == OTHERS:
                others = images
            elif images:
                rows.append({"category": view.key, "parent": view.parent, "images": images})
        unseen = [{"image": path, "score": 0.0} for photo_id, path in paths.items() if photo_id not in scores]
        rows.append({"category": OTHERS, "parent": None, "images": others + unseen})
        return rows

    def _report_highlights(self, paths: dict[int, str]) -> list[dict[str, Any]]:
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for pick in self.highlights():
            if pick.photo_id in paths:
                groups[pick.category].append(
                    {"image": paths[pick.photo_id], "score": round(pick.score, 4), "why": pick.why}
                )
        return [{"category": category, "images": images} for category, images in groups.items()]

    def _report_flags(self, paths: dict[int, str]) -> list[dict[str, Any]]:
        reasons: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for flag in self.low_quality():
            reasons[flag.photo_id].append({"reason": str(flag.reason), "score": round(flag.score, 4)})
        rows = []
        for photo_id, found in reasons.items():
            if photo_id in paths:
                found.sort(key=lambda one: -one["score"])
                rows.append((found[0]["score"], {"image": paths[photo_id], "reasons": found}))
        return [row for _, row in sorted(rows, key=lambda scored: -scored[0])]

    def write_html_report(self, file: Path) -> None:
        """The report as one page that stands alone.

        Raises:
            EnvironmentProblem: the file cannot be written.
        """
        ids = {str(photo.path): photo.id for photo in self._reader.photos(self.photo_ids()).values()}

        def thumbnail_of(path: str) -> bytes | None:
            photo_id = ids.get(path)
            return None if photo_id is None else self.thumbnail(photo_id)

        names = dict(self.category_names())  # scripts want the keys, people the names
        report = self.report()
        for group in (*report["categories"], *report["highlights"]):
            group["category"] = names.get(group["category"], group["category"])
            if group.get("parent"):
                group["parent"] = names.get(group["parent"], group["parent"])
        write_page(report, thumbnail_of, file)
