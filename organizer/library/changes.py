"""Changing: what the person decides, what goes to the trash, and the way back from both.

What an action removes is computed here from the catalogue by stack and photo id, never from what a
view shows; ``organizer.actions`` checks it against the files before anything moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from organizer.actions import ActionReport as Outcome
from organizer.actions import Trash
from organizer.analysis.captions import LONGEST, cleaned
from organizer.catalog import Action, ActionKind
from organizer.errors import FolderProblem, UsageProblem
from organizer.indexing.control import IndexControl
from organizer.indexing.summary import IndexSummary
from organizer.library.analyses import flag_again, quality_thresholds
from organizer.library.room import PROTECTED
from organizer.library.sidecar_notes import SidecarNotes
from organizer.library.views import ActionReport, CleanupPlan, StackView, TrashEntry
from organizer.paths import AppPaths
from organizer.records import TRASH_FOLDER_NAME, Photo, Root
from organizer.results import Reason, Stack, Tier


class Changes(SidecarNotes):
    """The changing part of the library. Every method blocks until it is committed.

    A decision about photos of which only the head was read reads and hashes their files first; it raises
    ActionRefused where that fails for all of them.
    """

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._trash = Trash(
            self._catalog,
            protected=self._protected_folders,
            pairs=lambda: self.settings.pairs_together,
        )
        if not read_only:
            self._trash.recover(everywhere=False)

    def add_folder(self, path: Path) -> Root:
        """As ``Work`` has it; what lies in the folder's trash is known from then on.

        Raises:
            FolderProblem: it is missing or no folder, or lies in a trash folder of this program.
        """
        if TRASH_FOLDER_NAME in (*path.absolute().parts, *path.resolve().parts):
            raise FolderProblem(
                f"{path} is in the trash of this program. Put its photos back first: what lies there goes "
                "when the trash is emptied."
            )
        root = super().add_folder(path)
        if not self.read_only:
            self._trash.recover(everywhere=False)
        return root

    def index(self, control: IndexControl, folders: Sequence[Path] | None = None) -> IndexSummary:
        """As before; what lies in trash folders that it came by is known from then on."""
        summary = super().index(control, folders)
        if not self.read_only:
            self._trash.recover()
        return summary

    def _protected_folders(self) -> list[Path]:
        return [Path(folder) for folder in self.settings.protected]

    # -- decisions: remembered by content, undone with ``undo`` ------------------------------------------

    def move_to_category(self, ids: Iterable[int], key: str) -> None:
        """These photos belong in that category, now and after every rescan.

        Raises:
            UsageProblem: there is no such category.
        """
        names = dict(self.category_names())
        if key not in names:
            raise UsageProblem(f"There is no category {key}.")
        ids = self._known(ids)
        self._catalog.writer.move_to_category(ids, key, f"move {_photos(len(ids))} to {names[key]}")

    def set_caption(self, photo_id: int, text: str) -> ActionReport | None:
        """The person's own words; empty text gives the program's caption back.

        Control characters are left out, and the end of what is longer than 10,000 characters: then the
        report says so.
        """
        self._known([photo_id])
        kept, cut = cleaned(text)
        action_id = self._catalog.writer.set_caption(photo_id, kept, "change a caption")
        if not cut:
            return None
        return ActionReport(str(action_id), f"The first {LONGEST:,} characters of the caption are kept.")

    def dismiss_flags(self, ids: Iterable[int], reason: Reason | None = None) -> None:
        """Never flag these photos again, for one reason or for all."""
        ids = self._known(ids)
        reasons = list(Reason) if reason is None else [reason]
        self._catalog.writer.dismiss_flags(ids, reasons, why=f"keep {_photos(len(ids))} unflagged")

    def thresholds(self) -> dict[Reason, float]:
        """The score from which on a photo is flagged, 0..1 a reason: as measured, or as the person set it."""
        return quality_thresholds(self.paths.resources / "calibration", self.settings)

    def flag_counts(self, reason: Reason, threshold: float) -> int:
        """How many photos would be flagged at a threshold."""
        return self._reader.flag_count(reason, threshold)

    def set_threshold(self, reason: Reason, value: float) -> None:
        """Flag from this score on. Kept in the settings; "restore defaults" is ``restore_thresholds``."""
        self.change_settings(thresholds={**self.settings.thresholds, str(reason): min(1.0, max(0.0, value))})
        flag_again(self._inputs())

    def restore_thresholds(self) -> None:
        """Flag as measured again."""
        self.change_settings(thresholds={})
        flag_again(self._inputs())

    def choose(self, ids: Iterable[int], choice: int) -> None:
        """1 picks, -1 rejects, 0 takes both back."""
        word = {1: "pick", -1: "reject", 0: "clear"}.get(choice)
        if word is None:
            raise ValueError(f"a choice is -1, 0 or 1, not {choice}")
        ids = self._known(ids)
        self._catalog.writer.set_choice(ids, choice, f"{word} {_photos(len(ids))}")

    def keep_both(self, stack_key: str) -> None:
        """Keep every photo of this stack; it is asked again only when another one joins.

        Raises:
            UsageProblem: the stack is no longer there.
        """
        self._catalog.writer.keep_both(self._hashes(stack_key), "keep a whole stack")

    def not_duplicates(self, stack_key: str) -> None:
        """These photos are different; they are never put into one stack again. Those among them that show the
        very same are asked about again when another such file joins.

        Raises:
            UsageProblem: the stack is no longer there.
        """
        members = self._stack(stack_key).members
        files = self._reader.files_named(members)
        alike: dict[bytes, list[bytes]] = {}
        for content_hash, pixel_hash in (files[member] for member in members):
            alike.setdefault(pixel_hash or content_hash, []).append(content_hash)
        pairs = combinations({files[member][0] for member in members}, 2)
        copies = [hashes for hashes in alike.values() if len(hashes) > 1]
        self._catalog.writer.not_duplicates(pairs, "take a stack apart", alike=copies)

    # -- the trash ---------------------------------------------------------------------------------------

    def resolve_stack(self, stack_key: str, keep: Sequence[int]) -> ActionReport:
        """Move every photo of a stack but these to the trash.

        Raises:
            UsageProblem: the stack is gone, or nothing of it would be kept.
        """
        stack = self._stack(stack_key)
        kept = {int(photo_id) for photo_id in keep}
        if not kept or not kept <= set(stack.members):
            raise UsageProblem("Name at least one photo of the stack to keep.")
        leaving = [member for member in stack.members if member not in kept]
        if not leaving:
            self.keep_both(stack_key)
            return ActionReport(None, "All photos of the stack are kept.")
        outcome = self._trash.remove(leaving, dict.fromkeys(leaving, kept), _removal(len(leaving)))
        return _removed(outcome, leaving)

    def exact_cleanup(self) -> CleanupPlan:
        """What ``clean_exact`` would do now."""
        views = self._exact_stacks()
        leaving = [photo for view in views for photo in _copies(view)]
        folders = Counter(photo.path.parent for photo in leaving)
        held = {folder.path: folder.photos for folder in self._reader.folders()}
        return CleanupPlan(
            photos=len(leaving),
            bytes=sum(photo.size for photo in leaving),
            folders=dict(folders.most_common()),
            stack_keys=tuple(view.stack.key for view in views),
            photo_ids=tuple(photo.id for photo in leaving),
            protected=sum(note == PROTECTED for view in views for note in view.notes.values()),
            links=sum(note != PROTECTED for view in views for note in view.notes.values()),
            emptied=frozenset(folder for folder, count in folders.items() if held.get(folder) == count),
        )

    def clean_exact(self, dry_run: bool = False, stack_keys: Collection[str] | None = None) -> ActionReport:
        """Move every exact copy but the kept ones to the trash, as one action.

        Args:
            stack_keys: of the plan that the person said yes to; what was found since stays. None for all.
        """
        survivors = {
            photo.id: {view.stack.keep}
            for view in self._exact_stacks()
            if stack_keys is None or view.stack.key in stack_keys
            for photo in _copies(view)
        }
        if dry_run or not survivors:
            return ActionReport(None, f"{_photos(len(survivors))} would go to the trash.")
        outcome = self._trash.remove(list(survivors), survivors, _removal(len(survivors)))
        return _removed(outcome, survivors)

    def remove_photos(self, ids: Iterable[int]) -> ActionReport:
        """Move photos that the person chose by hand to the trash, and the other halves of RAW and JPEG pairs
        where the settings say so."""
        asked = list(ids)
        leaving = self._trash.whole_shots(asked)
        self._learn(leaving)  # what cannot be read is refused by the trash, photo by photo
        return _removed(self._trash.remove(leaving, None, _removal(len(leaving))), asked)

    def trash(self) -> list[TrashEntry]:
        """What lies in the trash, newest first."""
        return [
            TrashEntry(str(one.id), one.photo_id, one.original, one.removed_at, one.bytes)
            for one in self._trash.listing()
        ]

    def restore(self, entry_ids: Iterable[str]) -> ActionReport:
        """Put photos back where they were; beside it, as "name (restored)", where something else stands."""
        ids = [int(entry_id) for entry_id in entry_ids if entry_id.isdigit()]
        return _told(self._trash.restore(ids, rename=True), "put back", undoable=False)

    def empty_trash(self, entry_ids: Iterable[str] | None = None) -> ActionReport:
        """Give up what is in the trash, to the system's trash or for good as the person chose; this is not
        undone from here.
        """
        ids = None if entry_ids is None else [int(entry) for entry in entry_ids if entry.isdigit()]
        how = self.settings.empty_how
        return _told(self._trash.empty(ids, how=how), _given_up(how), undoable=False)

    def expire_trash(self) -> ActionReport:
        """Give up what has been in the trash for the days that the person chose; to be called once after a
        start. What is due is announced first and goes a day later at the earliest.
        """
        days, how = self.settings.trash_days, self.settings.empty_how
        found = self._trash.expire(days, how=how)
        report = _told(found.report, f"{_given_up(how)} after {days} days", undoable=False)
        sentences = [report.text] if found.report.done else []
        if found.announced:
            words = f"{_photos(found.announced)} in the trash for {days} days will leave it"
            sentences.append(f"{words} the next time the program starts on another day.")
        if found.held:
            stay = "stays" if found.held == 1 else "stay"
            words = f"{_photos(found.held)} {stay} in the trash for longer"
            sentences.append(f"{words}: the copy that was kept is not there any more.")
        return ActionReport(None, " ".join(sentences), report.done, report.refused)

    # -- undo and redo, of decisions and of the trash, also after a restart --------------------------------

    def undo(self) -> ActionReport | None:
        """Take back the newest action; None when there is none."""
        action = self._reader.last_undoable()
        if action is None:
            return None
        if action.kind is ActionKind.TRASH:
            return _told(self._trash.undo(action.id), "put back", undoable=False)
        if action.kind is ActionKind.SIDECAR:
            return self._told_of_sidecars(self._sidecars.undo(action.id), "put back as before")
        self._catalog.writer.undo_decision(action.id)
        return ActionReport(None, f"Undone: {action.why}.")

    def redo(self) -> ActionReport | None:
        """Do again what was undone last; None when there is none."""
        action = self._reader.last_redoable()
        if action is None:
            return None
        if action.kind is ActionKind.TRASH:
            return _told(self._trash.redo(action.id), "moved to the trash")
        if action.kind is ActionKind.SIDECAR:
            return self._told_of_sidecars(self._sidecars.redo(action.id), "written again")
        self._catalog.writer.redo_decision(action.id)
        return ActionReport(str(action.id), f"Done again: {action.why}.")

    def _told_of_sidecars(self, outcome: Outcome, what: str) -> ActionReport:
        self.read_sidecars()
        count = len(outcome.done)
        text = f"{count:,} sidecar{'' if count == 1 else 's'} {what}." if count else "Nothing was changed."
        return ActionReport(None, text, (), tuple((0, str(problem)) for _, problem in outcome.refused))

    def undo_text(self) -> str | None:
        """What ``undo`` would take back, in a few words; None when there is nothing."""
        return _words(self._reader.last_undoable())

    def redo_text(self) -> str | None:
        """What ``redo`` would do again; None when there is nothing."""
        return _words(self._reader.last_redoable())

    # -- inside --------------------------------------------------------------------------------------------

    def _stack(self, key: str) -> Stack:
        stack = self._reader.stack(key)
        if stack is None:
            raise UsageProblem("This stack is no longer there; the list is brought up to date.")
        return stack

    def _hashes(self, stack_key: str) -> list[bytes]:
        """Content hashes of a stack's photos, repeated for files with the same bytes."""
        members = self._stack(stack_key).members
        known = self._reader.content_hashes(members)
        return [known[member] for member in members]

    def _exact_stacks(self) -> list[StackView]:
        return [view for view in self.stacks() if view.stack.tier is Tier.EXACT]


def _copies(view: StackView) -> list[Photo]:
    """The photos beside the kept one whose removal frees room and is allowed."""
    return [photo for photo in view.photos if photo.id != view.stack.keep and photo.id not in view.notes]


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count:,} photos"


def _removal(count: int) -> str:
    return f"remove {_photos(count)}"


def _removed(outcome: Outcome, asked: Iterable[int]) -> ActionReport:
    report = _told(outcome, "moved to the trash")
    halves = len(set(report.done) - set(asked))
    if not halves:
        return report
    what = "the other half of a RAW and JPEG pair" if halves == 1 else "other halves of RAW and JPEG pairs"
    return replace(report, text=f"{report.text} {halves:,} of them {'is' if halves == 1 else 'are'} {what}.")


def _words(action: Action | None) -> str | None:
    return None if action is None else action.why or str(action.kind)


def _given_up(how: str) -> str:
    return "deleted for good" if how == "delete" else "handed to the system's trash"


def _told(outcome: Outcome, what: str, *, undoable: bool = True) -> ActionReport:
    action_id = str(outcome.action_id) if undoable and outcome.action_id is not None else None
    text = f"{_photos(len(outcome.done))} {what}." if outcome.done else "Nothing was changed."
    refused = tuple((photo_id, str(problem)) for photo_id, problem in outcome.refused)
    done = tuple(photo_id for photo_id in outcome.done if photo_id > 0)  # others are files of no known photo
    return ActionReport(action_id, text, done, refused)
