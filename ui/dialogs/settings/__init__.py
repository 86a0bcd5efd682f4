"""Settings: a dialog with a list of pages; each page is a module of its own, named in ``registry``."""

from .dialog import SettingsDialog

__all__ = ["SettingsDialog"]
