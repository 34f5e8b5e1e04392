# pierwatch: two commands. `make demo` shows it, `make test` proves it; each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# One more than there are cores: a third of the tests' time is waiting, for a browser, a database, a second to pass.
TEST_WORKERS ?= $(shell expr $$(nproc) + 1)
ROOMS := core geo models ingest store alerts engine dashboard desk pipeline simulate
# What set-up unpacked without root comes first; a user's own site-packages stay out.
export PATH := $(CURDIR)/var/apt/bin:$(PATH)
export LD_LIBRARY_PATH := $(CURDIR)/var/apt/lib$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))
export PYTHONNOUSERSITE := 1
# Some machines forbid it; then every start would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak fuzz setup clean \
	check-format check-types check-arrows check-doctests check-sizes check-licences

help:  ## Say what can be made (this text)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## Set up and show a night at http://127.0.0.1:8050 (Ctrl-C ends it)
	@$(PYTHON) scripts/setup.py demo
	@exec $(BIN)/pierwatch demo $(DEMO_ARGS)

test:  ## Set up and pass the tests (PYTEST_ARGS="-k name" for some of them)
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check:  ## Format, lint, types, arrows, doctests, sizes, licences
	@$(PYTHON) scripts/setup.py check
	@$(MAKE) --no-print-directory --keep-going check-format check-types check-arrows check-doctests \
		check-sizes check-licences
	@echo "check: all passed"

check-format:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

check-types:
	@$(BIN)/mypy
	@$(BIN)/mypy scripts

check-arrows:
	@$(BIN)/lint-imports

check-doctests:
	@$(BIN)/pytest -q --doctest-modules --ignore-glob='*/migrations/*' $(ROOMS)

check-sizes:
	@$(BIN)/python scripts/check_sizes.py

check-licences:
	@$(BIN)/python scripts/check_licences.py

bench:  ## Measure against the peers, side by side (no time is asserted)
	@$(PYTHON) scripts/setup.py test
	@for file in tests/benchmarks/bench_*.py; do \
		[ -e "$$file" ] || { echo "no benchmark is defined yet"; continue; }; \
		echo "== $$file"; PYTHONPATH=.:tests/support $(BIN)/python "$$file" || exit 1; done

soak:  ## The full counts of examples and kills; writes docs/reports/soak.md
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python scripts/soak.py

fuzz:  ## Coverage-guided runs, ten minutes for each decoder and endpoint; writes docs/reports/fuzz.md
	@$(PYTHON) scripts/setup.py test
	@$(BIN)/python scripts/fuzz.py

setup:  ## Set up everything (environment, PostGIS, Chromium, fonts) and run nothing
	@$(PYTHON) scripts/setup.py test

clean:  ## Remove what set-up and checks made; the database and passwords under var/ stay
	@rm -rf .venv var/setup var/uv var/apt dist
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
