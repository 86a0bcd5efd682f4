"""How many random cases a property is tried with: as many as the test says, or so many times that.

``CASES=20 pytest tests/property --hypothesis-show-statistics`` tries twenty times as many.
"""

from __future__ import annotations

import os


def cases(few: int) -> int:
    """The number for hypothesis' max_examples."""
    return few * int(os.environ.get("CASES", "1"))
