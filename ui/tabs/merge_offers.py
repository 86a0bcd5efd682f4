"""Asks, once a stack rests in focus, whether its copies say something that the kept photo does not."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from organizer.library.sidecar_notes import MergeOffer
from organizer.library.views import StackView

from ..dialogs.merge import MergeDialog
from ..services import Services
from ..views.stack_row import shown_names

REST_MS = 200  # stacks that are only passed by are not asked about: their files are read for it


class MergeOffers(QObject):
    """Signals:
    offered: the MergeOffer of the stack asked about, or None.

    Attributes:
        offer: the present one.
    """

    offered = Signal(object)

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._view: StackView | None = None
        self._keep = -1
        self.offer: MergeOffer | None = None
        self._timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._timer.timeout.connect(self._look)

    def ask(self, view: StackView | None, keep: int) -> None:
        """Another stack has the focus, or another photo of it is to be kept."""
        self._view, self._keep, self.offer = view, keep, None
        if view is None:
            self._timer.stop()
        else:
            self._timer.start()

    def show(self, parent: QWidget) -> None:
        """The present offer, if there is one."""
        if self.offer is None or self._view is None:
            return
        photos = self._view.photos
        names = dict(zip((one.id for one in photos), shown_names([one.path for one in photos]), strict=True))
        dialog = MergeDialog(self._services, self._view.stack.key, self.offer, names, parent)
        dialog.accepted.connect(self._taken)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _look(self) -> None:
        if self._view is not None:
            library = self._services.library
            self._services.tasks.run(
                library.merge_offer, self._view.stack.key, self._keep,
                on_done=self._found, on_error=self._gone, group="merge-offer",
            )  # fmt: skip

    def _found(self, offer: MergeOffer) -> None:
        if offer.keep == self._keep:
            self.offer = offer if offer else None
            self.offered.emit(self.offer)

    def _gone(self, _error: BaseException) -> None:
        self.offered.emit(None)  # the stack went in the meantime; the list is brought up to date

    @Slot()
    def _taken(self) -> None:
        self.offer = None
        self.offered.emit(None)
