# What a contributor types. Every target needs only python3 (3.11 or newer) and the package index:
# it makes .venv when it is missing and installs again when pyproject.toml has changed.
#
#   make tour     every operation in both colours, side by side (ARGS="--json", ARGS="--url postgresql://…")
#   make test     the tests; brings its own PostgreSQL, or uses AMBO_TEST_POSTGRES (ARGS="-k name")
#   make check    lint, types, layers, generated files, architecture
#   make docs     the documentation as a site in site/
#   make bench    ambo beside the bare drivers and other ORMs, in a .venv-bench of its own (ARGS="--quick"; "--docs" writes docs/benchmarks.md)
#   make unasync  write the generated sync shells anew

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: tour test check docs bench unasync clean
.DELETE_ON_ERROR:

tour: .venv/.ready-tour
	@$(BIN)/ambo tour $(ARGS)

test: .venv/.ready-test
	$(BIN)/python -m pytest $(ARGS)

check: .venv/.ready-test .venv/.ready-check
	$(BIN)/ruff check src tests tools examples bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/unasync.py --check
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_parity.py
	$(BIN)/mypy --config-file tests/typing/mypy.ini
	$(BIN)/pyright --project tests/typing/pyrightconfig.json --pythonpath $(BIN)/python

unasync: .venv/.ready-check
	$(BIN)/python tools/unasync.py

docs: .venv/.ready-docs
	$(BIN)/zensical build

bench: .venv-bench/.ready
	.venv-bench/bin/python -m bench $(ARGS)

clean:
	rm -rf .venv .venv-bench site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("ambo needs Python 3.11 or newer, %s is %s; name another with make PYTHON=…" % (sys.executable, sys.version.split()[0]) if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/.ready-tour: pyproject.toml | $(BIN)/python
	$(PIP) --editable ".[cli]"
	@touch $@

.venv/.ready-test: pyproject.toml | $(BIN)/python
	$(PIP) --editable ".[test]"
	@touch $@

.venv/.ready-check: pyproject.toml | $(BIN)/python
	$(PIP) --editable ".[test,check]"
	@touch $@

.venv/.ready-docs: pyproject.toml | $(BIN)/python
	$(PIP) --editable ".[docs]"
	@touch $@

.venv-bench/.ready: pyproject.toml
	test -d .venv-bench || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	@touch $@
