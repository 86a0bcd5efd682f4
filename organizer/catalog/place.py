"""Is this a place where SQLite's locks hold? A catalogue on a network drive is refused with a reason.

The kind of file system comes from the system: ``/proc/self/mounts`` on Linux, ``mount`` on macOS, the
drive type on Windows. Where it cannot be told, the place is taken to be good. Opens no database.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

from organizer.errors import CatalogUnsuitablePlace

log = logging.getLogger(__name__)

NETWORK_FILESYSTEMS = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "afs", "ncpfs", "9p", "webdav"),
    *("davfs", "davfs2", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "coda", "remote"),
    *("fuse.sshfs", "fuse.rclone", "fuse.davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs"),
    *("fuse.curlftpfs", "fuse.gvfsd-fuse", "fuse.kio-fuse", "fuse.smbnetfs", "fuse.onedriver"),
}
SENTENCE = (
    "The catalogue cannot lie on a network drive ({kind}), where two computers could damage it. "
    "Choose a folder on this computer; the photos themselves may stay on the network."
)
DRIVE_REMOTE = 4  # GetDriveTypeW


def refuse_network(folder: Path, kind: str) -> None:
    """Raises:
    CatalogUnsuitablePlace: the file system ``kind`` of ``folder`` is a network's.
    """
    if kind.lower() in NETWORK_FILESYSTEMS:
        raise CatalogUnsuitablePlace(SENTENCE.format(kind=kind), detail=str(folder))


def filesystem_of(folder: Path) -> str:
    """Name of the file system that ``folder`` (or its nearest existing parent) lies on; "" if unknown."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        if sys.platform == "win32":
            return _windows_kind(place)
        place = place.resolve()
        if sys.platform == "darwin":
            listing = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True)
            return kind_in_mac_listing(listing.stdout, place)
        return kind_in_mounts(
            Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape"), place
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.info("The kind of drive that holds %s could not be told (%s).", folder, error)
        return ""


def kind_in_mounts(table: str, place: Path) -> str:
    """The type of the deepest mount point above ``place`` in the text of ``/proc/self/mounts``."""
    best, kind = -1, ""
    for line in table.splitlines():
        columns = line.split(" ")
        if len(columns) < 3:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), columns[1]))
        if place.is_relative_to(point) and len(point.parts) >= best:  # a later line covers an earlier one
            best, kind = len(point.parts), columns[2]
    return kind


def kind_in_mac_listing(listing: str, place: Path) -> str:
    """The same from the output of macOS's ``mount``: ``//x on /Volumes/x (smbfs, nodev, ...)``."""
    best, kind = -1, ""
    for source in re.finditer(r"^.+? on (/.*) \((\w+)[,)]", listing, re.MULTILINE):
        point = Path(source[1])
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), source[2]
    return kind


def _windows_kind(place: Path) -> str:
    if sys.platform != "win32":
        return ""
    import ctypes

    if place.drive.startswith("\\\\"):
        return "remote"
    drive_type = ctypes.windll.kernel32.GetDriveTypeW(place.anchor)
    return "remote" if drive_type == DRIVE_REMOTE else ""
