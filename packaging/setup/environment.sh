#!/usr/bin/env bash
# Makes or updates .venv from pyproject.toml and constraints.txt. Called by the Makefile when one of them
# is newer than the last success; safe to run again after any interruption.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3." >&2
    exit 1
fi
if ! .venv/bin/python -c '' 2>/dev/null; then
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "Setting up .venv (the first time takes a few minutes: torch alone is about 200 MB)..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
    --editable '.[dev]'
.venv/bin/python packaging/setup/system_libraries.py
touch .venv/ready
