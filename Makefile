# Thin: all the set-up is in scripts/setup_env.py. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
# What a target passes on: make demo ARGS=--json, make test ARGS="tests/notary -x"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak lint bench lock sbom clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

setup: ## Set up this machine: Chromium, fonts, .venv with the locked dependencies, the default model
	@$(PYTHON) scripts/setup_env.py --for demo

demo: setup ## Run the main job from start to end on the bundled market
	@$(BIN)/markwatch demo $(ARGS)

test: ## Run the tests (set-up included), within 25 minutes on 2 cores
	@$(PYTHON) scripts/setup_env.py --for test
	@$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadfile $(ARGS)

soak: ## Run the tests with full counts: kills, long runs
	@$(PYTHON) scripts/setup_env.py --for test
	@$(BIN)/python -m pytest -m soak $(ARGS)

lint: ## Check style, types, layers, docstrings and the lock
	@$(PYTHON) scripts/setup_env.py --for lint
	@$(BIN)/python scripts/lint.py $(ARGS)

bench: setup ## Measure, and print ratios beside the goals
	@$(BIN)/python -m bench $(ARGS)

lock: ## Write requirements.lock anew from pyproject.toml
	@$(PYTHON) scripts/setup_env.py --for lint
	@$(BIN)/python scripts/lock.py $(ARGS)

sbom: ## Write sbom.cdx.json anew from the lock and what is packaged
	@$(PYTHON) scripts/setup_env.py --for lint
	@$(BIN)/python scripts/sbom.py

clean: ## Remove .venv, builds and caches; data under MARKWATCH_HOME stays
	@rm -rf .venv .setup.lock build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
