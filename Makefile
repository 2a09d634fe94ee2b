# Everything is done with make: it builds .venv from requirements.lock once, and again when the lock changes.
#   make demo    a day of held orders, from the first hold to the closing table; ends by itself
#   make demo-tryton    held sales in a real ERP, Tryton, cleared and checked in its own records
#   make up      the same parts, kept running until Ctrl-C
#   make test    all tests          make check   format, lint and types
#   make faults  every fault of docs/reliability.md, with a burst of 10,000 holds and chaos (FAULTS_SEED=N repeats one)
#   make histories   record the histories that tests/replay replays, for this version
#   make test-tryton    the contract of connectors on a Tryton with PostgreSQL, with many at the same time
#   make lock    resolve requirements.lock anew from pyproject.toml

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
LOCKER := $(VENV)/lock
E2E := tests/integration/end_to_end/test
APPROVER := tests/integration/approver/test
ROWS := tests/faults tests/replay tests/integration/door tests/unit/test_business_time.py tests/unit/encryption \
	tests/unit/runtime tests/workflow/test_long_histories.py tests/workflow/test_outages.py \
	$(E2E)_crashes.py $(E2E)_events.py $(E2E)_reconciliation.py $(E2E)_troubles.py $(E2E)_upgrades.py \
	$(APPROVER)_approval_faults.py $(APPROVER)_forgeries.py $(APPROVER)_process.py

.PHONY: install demo demo-tryton up test faults test-tryton tryton check format histories lock clean

install: $(INSTALLED)

demo: $(INSTALLED)
	@$(BIN)/python -m sandbox.demo

up: $(INSTALLED)
	@$(BIN)/python -m sandbox.up

demo-tryton: $(INSTALLED) tryton
	@$(BIN)/python -m sandbox.tryton.demo

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-tryton: $(INSTALLED) tryton
	CONTRACT_ON=postgresql $(BIN)/python -m pytest tests/contract

# A real ERP to test against, in an environment of its own: nothing of it is imported.
tryton: $(INSTALLED)
	@$(BIN)/python -m sandbox.tryton.installation

# The second part needs the machine for itself: kills at every call, 10,000 holds, chaos over more than 200.
faults: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ROWS)
	FAULTS_SEED=$(FAULTS_SEED) $(BIN)/python -m pytest -m faults tests/faults

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
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCKER)/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras \
		--allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file sandbox/tryton/requirements.lock sandbox/tryton/requirements.in

clean:
	rm -rf $(VENV) .holdfast/tryton .mypy_cache .ruff_cache .pytest_cache .hypothesis
