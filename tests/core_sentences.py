"""The sentences of the core, read out of its code: what the window has to say in every language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import organizer
from organizer.paths import resources_dir

CORE = Path(organizer.__file__).parent
KOREAN = resources_dir() / "translations" / "ko.core.json"
# Said in a terminal or a page alone, or put into the language elsewhere (searches: ui.search_words).
ELSEWHERE = (
    "cli", "__main__.py", "html_report.py", "class_folders.py", "query.py", "views.py",
    "prompts.py", "vocabulary.py",
)  # fmt: skip
HOLE = "\0"
SENTENCE = re.compile(r"[A-Z“\0].* .*(?:[.!]|\w\?)", re.DOTALL)
# Put together from parts that the map holds one by one: an example of what becomes of each.
COMPOSED = {
    f"{HOLE} {HOLE}.": ["1 photo moved to the trash.", "1,204 photos put back.", "3 sidecars written again."],
    f"{HOLE} sidecar{HOLE} {HOLE}.": ["1 sidecar put back as before.", "2 sidecars written again."],
    f"{HOLE} sidecar{HOLE} written.": ["1 sidecar written.", "12 sidecars written."],
    f"{HOLE} would go to the trash.": ["1 photo would go to the trash.", "7 photos would go to the trash."],
    f"{HOLE} {HOLE} of them {HOLE} {HOLE}.": [
        "2 photos moved to the trash. 1 of them is the other half of a RAW and JPEG pair.",
        "4 photos moved to the trash. 2 of them are other halves of RAW and JPEG pairs.",
    ],
    f"{HOLE} the next time the program starts on another day.": [
        "1 photo in the trash for 30 days will leave it the next time the program starts on another day.",
        "9 photos in the trash for 30 days will leave it the next time the program starts on another day.",
    ],
    f"{HOLE}: the copy that was kept is not there any more.": [
        "1 photo stays in the trash for longer: the copy that was kept is not there any more.",
        "2 photos stay in the trash for longer: the copy that was kept is not there any more.",
    ],
    f"{HOLE}: {HOLE}.": ["“IMG 1” could not be copied: “x”.", "“IMG 1” could not be written: “x”."],
    f"“{HOLE}” {HOLE}; only safetensors files are imported.": [
        "“a” may be a pickle: reading it could run a stranger's program; only safetensors files are "
        "imported.",
        "“a.txt” is not a safetensors file; only safetensors files are imported.",
    ],
    f"The connection to {HOLE} was lost{HOLE}. Start the download again to go on from there.": [
        "The connection to hub.example was lost. Start the download again to go on from there.",
        "The connection to hub.example was lost after 40%. Start the download again to go on from there.",
    ],
}
CAPTIONS = {"A photo."}  # words about a photo, no sentence about the program


def core_korean() -> dict[str, str]:
    return json.loads(KOREAN.read_text(encoding="utf-8"))


def skeleton(node: ast.expr) -> str | None:
    """A string of the code with a hole for each value, None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return as_skeleton(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else HOLE for v in node.values)
    return None


def unsaid(tree: ast.AST) -> Iterator[ast.AST]:
    """What is in the code and said to nobody: docstrings, the log, details for the log, parts of a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from node.values
        elif isinstance(node, ast.keyword) and node.arg == "detail":
            yield from ast.walk(node.value)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.startswith(("log.", "logger.")) or called in BUGS:
                yield from ast.walk(node)


BUGS = {"ValueError", "RuntimeError", "LookupError", "TypeError", "AssertionError", "KeyError"}


def core_sentences() -> dict[str, str]:
    """Skeleton of each sentence of the core -> where it stands."""
    found = {}
    for file in CORE.rglob("*.py"):
        if any(part in ELSEWHERE for part in file.relative_to(CORE).parts):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = set(unsaid(tree))
        for node in ast.walk(tree):
            said = skeleton(node) if isinstance(node, ast.expr) and node not in skipped else None
            if said and SENTENCE.fullmatch(said) and not re.match("[A-Z]{2,} ", said):
                found[said] = f"{file.relative_to(CORE)}:{node.lineno}"  # type: ignore[attr-defined]
    return found


def as_skeleton(template: str) -> str:
    return re.sub(r"\{\w+\}", HOLE, template)
