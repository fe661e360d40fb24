# One verb each. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# uv makes the environment from uv.lock. One on the PATH is used; else it is installed into .tools, nowhere else.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PYTHON ?= python3
RUN := $(UV) run --no-sync
TEST_WORKERS ?= 2
# Tests that wait for nothing: no thread, no socket, no time limit of their own.
COMPUTING := $(addprefix tests/unit/,calibration danger domain fusion geodesy learning models scene terrain texts wire)

.PHONY: help setup setup-demo check test test-fast test-training soak deb deb-test demo bench docs schema

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "firewatch needs Python 3.11 or later; '$(PYTHON)' is older. Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .tools 2>/dev/null || { echo "python3 cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; rm -rf .tools; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv

setup: | $(UV) ## make the environment for development (.venv)
	@$(UV) sync --frozen --quiet

setup-demo: | $(UV)
	@$(UV) sync --frozen --quiet --inexact --no-default-groups --group demo

check: setup ## lint, types, layers, sizes, stale generated files
	$(RUN) ruff check --quiet .
	$(RUN) ruff format --check --quiet .
	$(RUN) mypy
	$(RUN) lint-imports --no-cache
	$(RUN) python scripts/schema.py --check
	$(RUN) pytest -q -p no:cacheprovider tests/meta

# Whole systems wait more than they work. Beside them, from the start, run what waits for minutes of real time (marker
# `beside`), and in what computing time is left over (nice) the tests that only compute. All must succeed.
test: setup ## the whole suite (at most 25 minutes); says what it skipped and why
	@mkdir -p build; rm -f .coverage .coverage[.-]*
	$(RUN) pytest -q -s -m beside tests/beside > build/beside.txt 2>&1 & beside=$$!; \
	COVERAGE_FILE=.coverage-computing nice -n 19 $(RUN) pytest -q -p no:cacheprovider -n $(TEST_WORKERS) --cov --cov-report= $(COMPUTING) \
	  > build/computing.txt 2>&1 & computing=$$!; \
	trap 'kill $$beside $$computing 2>/dev/null || true' EXIT; \
	status=0; \
	$(RUN) pytest -q -n $(TEST_WORKERS) --cov --cov-report= $(addprefix --ignore=,$(COMPUTING)) || status=$$?; \
	wait $$computing || status=$$?; \
	wait $$beside || status=$$?; \
	cat build/computing.txt build/beside.txt; \
	exit $$status
	@mv .coverage .coverage.rest; mv .coverage-computing .coverage.computing
	$(RUN) python scripts/coverage_floor.py

test-fast: setup ## unit tests only: no network, no broker
	$(RUN) pytest -q -n $(TEST_WORKERS) tests/unit

test-training: setup ## the tests of training code: installs PyTorch (dependency group train) first
	@$(UV) sync --frozen --quiet --inexact --group train
	$(RUN) pytest -q tests/training

soak: setup ## runs over five minutes: the demo on five seeds, half an hour without a fire, half an hour of camera faults
	$(RUN) python scripts/soak.py

deb: setup ## the Debian package of a tower's node, into build/ (DEB="--release 13 --arch arm64")
	@$(RUN) python scripts/deb.py $(DEB)

# Needs root, debootstrap, lintian and a Debian mirror; not part of `make test`.
deb-test: setup ## install, upgrade, remove and purge that package in a fresh Debian 12, without a network
	$(RUN) python scripts/edge_wheels.py
	$(RUN) pytest -q -s -m debian tests/debian

demo: setup-demo ## one fire, from three simulated towers to your browser (DEMO="--help" lists its options)
	@$(RUN) firewatch demo $(DEMO)

bench: setup ## what is measured, beside which peer
	$(RUN) python benchmarks/run.py

docs: setup ## build the documentation into build/docs
	$(RUN) sphinx-build -q -W -b html docs build/docs

schema: setup ## write the JSON Schemas, AsyncAPI and OpenAPI documents
	$(RUN) python scripts/schema.py
