# Everything is done with make: it builds .venv from requirements.lock once, and again when the lock changes.
#   make demo    a day of held orders, from the first hold to the closing table; ends by itself
#   make up      the same parts, kept running until Ctrl-C
#   make test    all tests          make check   format, lint and types
#   make histories   record the histories that tests/replay replays, for this version
#   make lock    resolve requirements.lock anew from pyproject.toml

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
LOCKER := $(VENV)/lock

.PHONY: install demo up test check format histories lock clean

install: $(INSTALLED)

demo: $(INSTALLED)
	@$(BIN)/python -m sandbox.demo

up: $(INSTALLED)
	@$(BIN)/python -m sandbox.up

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

histories: $(INSTALLED)
	$(BIN)/python -m tests.replay

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@echo "building $(VENV) from requirements.lock"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

# Resolved on the oldest supported Python, whose needs include those of the newer ones. No index is written down.
lock: $(INSTALLED)
	$(PYTHON) -m venv $(LOCKER)
	$(LOCKER)/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCKER)/bin/pip-compile --quiet --upgrade --generate-hashes --all-extras \
		--strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--no-emit-options --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
