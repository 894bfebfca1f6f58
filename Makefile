# `make demo` shows the product, `make test` proves it; both set everything up first.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
HOME_DIR ?= .home
# What does not touch the database, or tells the same story on either.
WITHOUT_DATABASE := $(addprefix --ignore=tests/,core messages importers inbox story)

.PHONY: help setup demo test check lint types imports format bench lock system-parts

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: $(STAMP) ## make .venv with goodterms in it

$(STAMP): requirements.lock pyproject.toml tools/setup
	@tools/setup $(VENV)
	@touch $@

demo: $(STAMP) ## an example ledger, imported, decided and served on this machine
	@GOODTERMS_HOME=$(HOME_DIR) $(BIN)/goodterms demo

system-parts: $(STAMP)
	@tools/test-parts

test: $(STAMP) system-parts check ## lint, types, layers and the whole test suite
	$(BIN)/python -m pytest -n auto --dist worksteal
	@echo 'The same on PostgreSQL:'
	@PG_OPTIONS='-c fsync=off -c full_page_writes=off' tools/with-postgres $(BIN)/python -m pytest -n auto --dist worksteal -m "not browser" $(WITHOUT_DATABASE)

check: lint types imports ## lint, types and layers only

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP) ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## every promise about speed, measured here (takes a while)
	$(BIN)/python -m benchmarks

lock: $(STAMP) ## write requirements.lock anew
	tools/lock --upgrade
