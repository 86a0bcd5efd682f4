"""Settings: whether captions, keywords and ratings are written into files beside the photos."""

from __future__ import annotations

from organizer.settings import Settings

from ...services import Services
from ...translation import tr
from .page import Page


class SidecarsPage(Page):
    """One switch, and what it means."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Sidecar files"))
        words = tr("Other programs find captions, keywords, ratings and places in a small file beside "
                   "each photo, such as “IMG_1.xmp”. The photos themselves are never written.")  # fmt: skip
        self.explain(words)
        self.write = self.switch(tr("Write sidecar files when I ask for it"), "sidecars")
        self.explain(tr("What other programs wrote into such a file stays in it. The first version of each "
                        "file is kept beside it as a backup, and every change can be undone."))  # fmt: skip
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self.write.setChecked(settings.sidecars)
