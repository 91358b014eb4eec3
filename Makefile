# Every target sets up what it needs; `make setup` alone is quick when nothing changed.
PYTHON ?= python3
SHELL := /bin/bash
.DEFAULT_GOAL := help
IN_ENV := source ./env.sh &&
LINTED := utrack_ros tools test launch examples setup.py
# The quick tests of the pure parts first, then all others.
FIRST := test/test_imports.py test/core test/network test/engine test/io test/data
TESTS := $(FIRST) $(filter-out $(FIRST) test/__pycache__,$(patsubst %/,%,$(wildcard test/*/)) $(wildcard test/test_*.py))

.PHONY: help setup demo bench soak test test-all coverage fuzz lint format clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Make .venv, the messages, the model file and env.sh
	@command -v $(PYTHON) >/dev/null || { echo "setup: there is no $(PYTHON): sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -m tools.bootstrap

demo: setup ## Track a pedestrian through ROS 2; own footage: VIDEO=file BOX=x,y,w,h TOPIC=/image
	@$(IN_ENV) utrack demo $(if $(VIDEO),--video "$(VIDEO)") $(if $(BOX),--box "$(BOX)") $(if $(TOPIC),--topic "$(TOPIC)")

bench: setup ## Measure speed against peers and machine; CLIP= BOX= NANOTRACK=backbone.onnx,head.onnx CHECK=old.json
	@$(IN_ENV) utrack bench $(if $(CLIP),--clip "$(CLIP)") $(if $(BOX),--box "$(BOX)") \
	  $(if $(NANOTRACK),--nanotrack "$(NANOTRACK)") $(if $(CHECK),--check "$(CHECK)") $(ARGS)

soak: setup ## Run tracker and cameras under a seeded mix of faults and judge what is kept; MINUTES=60 SEED=1
	@$(IN_ENV) python -m tools.soak $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(SEED),--seed "$(SEED)") $(ARGS)

test: setup ## Run every test but the slow ones; ARGS="-k name" picks
	@$(IN_ENV) python -m pytest -m "not slow" $(ARGS) $(TESTS)

test-all: setup ## Run every test
	@$(IN_ENV) python -m pytest $(ARGS) $(TESTS)

coverage: setup ## Run the tests of make test and list the lines of utrack_ros that none of them ran
	@$(IN_ENV) python -m pytest -m "not slow" --cov --cov-report=term-missing:skip-covered --cov-fail-under=90 $(ARGS) $(TESTS)

fuzz: setup ## Feed every input with drawn things, others each round, until one breaks it; MINUTES=10 EXAMPLES=5
	@$(IN_ENV) export UTRACK_FUZZ_TIMES=$(or $(EXAMPLES),5) || exit 1; \
	  for ((end = SECONDS + 60 * $(or $(MINUTES),10); SECONDS < end; )); do \
	    python -m pytest -q -x $(ARGS) test/fuzz || exit 1; done

lint: setup ## Check format, lint rules and types, and look for known vulnerabilities of the packages
	@$(IN_ENV) ruff format --check $(LINTED) && ruff check $(LINTED) && mypy && python -m tools.audit

format: setup ## Put the code into the house format
	@$(IN_ENV) ruff format $(LINTED) && ruff check --fix $(LINTED)

clean: ## Remove all that make made, but the model and the results in out/
	rm -rf .venv build install log env.sh *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
