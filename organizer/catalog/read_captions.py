"""Questions about sentences that are still to be written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import ReaderCore

_NOT_OWN = "NOT EXISTS (SELECT 1 FROM user_captions u WHERE u.content_hash = p.content_hash)"


class CaptionReads(ReaderCore):
    def describing(self) -> NDArray[np.int64]:
        """Ids of the photos that wait for a sentence because the person asked, newest first; int64 (M,)."""
        return self._ids(
            "SELECT p.id FROM describing d JOIN photos p ON p.id = d.photo_id "
            f"WHERE p.state = 0 AND {_NOT_OWN} ORDER BY p.sort_time DESC, p.id DESC"
        )

    def undescribed(self, captioner: str) -> NDArray[np.int64]:
        """Ids of the present photos, looked at in full and without words of the person's own, that a
        captioner (name and revision) has not looked at, newest first; int64 (M,).
        """
        return self._ids(
            "SELECT p.id FROM photos p LEFT JOIN described d ON d.photo_id = p.id "
            f"WHERE p.state = 0 AND p.look = 2 AND d.captioner IS NOT ? AND {_NOT_OWN} "
            "ORDER BY p.sort_time DESC, p.id DESC",
            (captioner,),
        )
