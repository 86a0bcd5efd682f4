"""Names the system libraries that Qt needs and this Linux lacks, and installs them where that is possible.

Runs at the end of set-up with the environment's own Python, and imports nothing but the standard
library. A missing library is told, never fatal: the command line works without Qt.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# Debian's and Ubuntu's package for each library that Qt's window, offscreen and SVG parts link to.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
PARTS = (
    "lib/libQt6Gui.so.6",
    "lib/libQt6Widgets.so.6",
    "lib/libQt6Svg.so.6",
    "plugins/platforms/libqxcb.so",
    "plugins/platforms/libqoffscreen.so",
)


def missing_libraries() -> list[str]:
    """Names of the shared libraries that Qt's parts link to and the loader does not find."""
    spec = find_spec("PySide6")
    if spec is None or spec.origin is None:
        return []
    qt = Path(spec.origin).parent / "Qt"
    missing: set[str] = set()
    for part in PARTS:
        listing = subprocess.run(["ldd", str(qt / part)], capture_output=True, text=True, check=False)
        missing.update(re.findall(r"^\s*(\S+) => not found", listing.stdout, re.MULTILINE))
    return sorted(missing)


def install(packages: list[str]) -> bool:
    """Install Debian packages if that needs no question; says whether it worked."""
    if shutil.which("apt-get") is None:
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if rights and shutil.which("sudo") is None:
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
    ):
        if subprocess.run([*rights, *command], check=False, env=environment, **quiet).returncode != 0:
            return False
    return True


def main() -> int:
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None:
        return 0
    missing = missing_libraries()
    if not missing:
        return 0
    packages = sorted({PACKAGES[name] for name in missing if name in PACKAGES})
    print(f"Qt needs libraries that this system lacks: {', '.join(missing)}.", file=sys.stderr)
    if packages and install(packages):
        missing = missing_libraries()
        if not missing:
            print(f"Installed: {', '.join(packages)}.", file=sys.stderr)
            return 0
    wanted = " ".join(packages) or "the packages that hold them"
    print(f"The window needs them. Install with: sudo apt-get install {wanted}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
