# Every target sets up what it needs first. Written for GNU make 3.81 and newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
PYTHON ?=
RUN := $(VENV)/bin/python
# The stamp carries the folder's checksum: an environment moved or copied here is made anew.
HERE := $(shell pwd | cksum | cut -d ' ' -f 1)
READY := $(VENV)/.ready-$(HERE)
# One more than the two cores it is made for: many tests wait for servers, disks and browsers.
PYTEST_PARALLEL ?= -n 3

.PHONY: help setup demo test thorough run shop check bench prove lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 ~\2/p' Makefile | awk -F '~' '{ printf "%-16s%s\n", $$1, $$2 }'

setup: $(READY) ## make .venv from requirements.lock (PYTHON= names the interpreter)
	@:

$(READY): requirements.lock
	@python=$$(sh scripts/find_python.sh "$(PYTHON)") \
	  && "$$python" scripts/make_venv.py --venv $(VENV) --lock requirements.lock --stamp $@

demo: setup ## drive payments of every kind through the REST API and verify them
	@$(RUN) -m orchestrator demo

run: setup ## API, worker and Stripe stand-in on loopback, until Ctrl-C
	@$(RUN) -m orchestrator run

shop: setup ## the example shop's checkout page, with all it needs, until Ctrl-C
	@$(RUN) -m examples.checkout

check: setup ## format, lint, types, import contracts, stale diagrams
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m diagrams.generate --check

# Branches are counted over the core's own tests alone: counting slows every other down, and what is
# covered by chance elsewhere is not covered. So the core's tests run first, and all others last.
# The check and the proof use one processor each: side by side.
test: setup ## the gate: check, the quick proof, the core's branches, the tests
	@$(MAKE) -j 2 check prove QUICK=1
	@$(RUN) -m pytest -q -n 2 tests/states tests/handlers --cov=orchestrator.states \
	  --cov=orchestrator.handlers --cov-branch --cov-fail-under=100 \
	  --cov-report=term-missing:skip-covered
	@$(RUN) -m pytest $(PYTEST_PARALLEL) --ignore=tests/states --ignore=tests/handlers

thorough: setup ## the tests that the gate leaves out: more cases, and both databases for each
	@$(RUN) -m pytest $(PYTEST_PARALLEL) -m thorough

bench: setup ## the benchmarks: a table and benchmarks/results.json
	@$(RUN) -m benchmarks

prove: setup ## the deep reliability run (QUICK=1: the gate's part)
	@$(RUN) -m benchmarks.prove $(if $(QUICK),--quick)

lock: ## write requirements.lock anew from pyproject.toml (needs uv; UPGRADE=1 takes the newest)
	@sh scripts/lock.sh

clean: ## remove caches and build output (.venv stays)
	rm -rf build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .grimp_cache
	find . -name '.venv*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
