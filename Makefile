# Every target makes and updates .venv by itself; nothing is done again while nothing changed.
PYTHON ?= python3
RUN := .venv/bin/python
ARGS ?=
# The folder reaches the program as it was typed: neither make nor the shell reads anything into its name.
override PHOTOS := $(value PHOTOS)
export PHOTOS

.PHONY: run test lint bench pins screenshot clean

run: .venv/ready
	@$(RUN) -m organizer $${PHOTOS:+"$$PHOTOS"} $(ARGS)

test: .venv/ready
	@$(RUN) -m pytest $(ARGS)

lint: .venv/ready
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@.venv/bin/lint-imports

bench: .venv/ready
	@for file in tests/bench/bench_*.py; do echo "== $$file"; $(RUN) -m tests.bench.$$(basename $$file .py) $(ARGS) || exit 1; done

screenshot: .venv/ready
	@$(RUN) packaging/screenshots/take.py $(ARGS)

# Write the versions that are installed now into constraints.txt.
pins: .venv/ready
	@{ echo "# Exact versions that the set-up commands install; pyproject.toml has the ranges. Refresh: make pins"; \
	   $(RUN) -m pip freeze --exclude-editable | sed 's/+[a-z0-9]*$$//'; } > constraints.new && mv constraints.new constraints.txt

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/ready: pyproject.toml constraints.txt packaging/setup/environment.sh packaging/setup/system_libraries.py
	@PYTHON="$(PYTHON)" packaging/setup/environment.sh
