"""The content hash of a file without decoding it: how a moved file or a copy is known for what it is.

The same hash as ``media`` gives with a decoded photo: BLAKE2b-256 over the file's bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from organizer.records import FileStamp

CHUNK = 1 << 20


def content_hash(stamp: FileStamp, go_on: Callable[[], bool] = lambda: True) -> bytes | None:
    """32 bytes; None where the file cannot be read, is not the one of the stamp, or ``go_on`` says no.

    The file is read in pieces, so that memory and the time to stop do not depend on its size.
    """
    digest = hashlib.blake2b(digest_size=32)
    length = 0
    try:
        with stamp.path.open("rb", buffering=0) as stream:
            while piece := stream.read(CHUNK):
                if not go_on():
                    return None
                digest.update(piece)
                length += len(piece)
        changed = stamp.path.stat().st_mtime_ns != stamp.mtime_ns
    except OSError:
        return None
    return None if changed or length != stamp.size else digest.digest()
