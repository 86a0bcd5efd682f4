"""Photo Organizer's core: everything the program does, without a window.

The rooms import one way only (docs/architecture.md); the door for every shell is ``organizer.library``.
"""

__version__ = "0.1.0"
