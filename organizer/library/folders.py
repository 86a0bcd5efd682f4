"""Folders with photos as trees, for the side bar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from organizer.catalog.values import FolderCount
from organizer.library.views import FolderNode
from organizer.records import Root


def folder_tree(roots: Sequence[Root], counts: Iterable[FolderCount]) -> list[FolderNode]:
    """One tree a root; every folder on the way to a photo is in it, with the photos in it and below."""
    direct: dict[int, dict[Path, int]] = defaultdict(dict)
    for folder, root_id, photos in counts:
        direct[root_id][folder] = photos
    return [_tree(root, direct[root.id]) for root in roots]


def _tree(root: Root, direct: dict[Path, int]) -> FolderNode:
    deep: dict[Path, int] = defaultdict(int)
    children: dict[Path, set[Path]] = defaultdict(set)
    for folder, photos in direct.items():
        deep[folder] += photos
        while folder != root.path and root.path in folder.parents:
            children[folder.parent].add(folder)
            folder = folder.parent
            deep[folder] += photos
    return _node(root.path, root.id, deep, children)


def _node(path: Path, root_id: int, deep: dict[Path, int], children: dict[Path, set[Path]]) -> FolderNode:
    below = sorted(children[path], key=lambda child: child.name.casefold())
    nodes = tuple(_node(child, root_id, deep, children) for child in below)
    return FolderNode(path, path.name or str(path), deep[path], root_id, nodes)
