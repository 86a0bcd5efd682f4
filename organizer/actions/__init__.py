"""What changes the world: the trash, its journal, undo. Never writes into a photo.

trash = Trash(catalog, protected=lambda: [Path(folder) for folder in settings.protected])
trash.recover()                                   # once, after opening
report = trash.remove([7, 8], {7: {9}, 8: {9}}, why="2 copies removed")
trash.undo(report.action_id)
"""

from organizer.actions.report import ActionReport, TrashEntry
from organizer.actions.trash import Trash

__all__ = ["ActionReport", "Trash", "TrashEntry"]
