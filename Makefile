# Two commands do all the set-up: `make autonomy.run` and `make test`. Variables: agent= max_issues= issue= repo=
# dry_run=1 fresh=1. They reach the scripts through the environment, never through a shell line.
SHELL := /bin/sh
.DEFAULT_GOAL := autonomy.help
export agent max_issues issue repo dry_run fresh
unexport MAKEFLAGS MFLAGS MAKEOVERRIDES

BIN := .venv/bin
USE := .venv/installed-use
DEV := .venv/installed-dev
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-annotate --quiet --custom-compile-command "make lock"

.PHONY: autonomy.run autonomy.status autonomy.stop autonomy.resume autonomy.help init test test.agents hostile smoke lint lock bench storm clean

autonomy.help: ## this list
	@awk -F ':.*## ' '/^[a-z.]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo "  variables: agent= max_issues= issue= repo=PATH dry_run=1 fresh=1"

autonomy.run: $(USE) ## run the main job on a copy of examples/quickstart, or on repo=PATH
	@sh scripts/quickstart.sh

autonomy.status: $(USE) ## what is running, waiting, handed off and stopped
	@sh scripts/quickstart.sh status

autonomy.stop: $(USE) ## stop all work, at once
	@sh scripts/quickstart.sh stop

autonomy.resume: $(USE) ## let work go on
	@sh scripts/quickstart.sh resume

init: $(DEV) ## make the environment for development
	@$(BIN)/autonomy --version

test: $(DEV) ## all tests
	@$(BIN)/python -m pytest -n auto --dist worksteal

test.agents: $(DEV) ## real command-line agents, from `autonomy run` to the branch, offline (fetches about 1.5 GB once, below build/)
	@$(BIN)/python -m pytest -m agents tests/e2e/test_cli_agents.py

hostile: $(DEV) ## a hostile program in every sandbox there is here: what it reached, as a table
	@$(BIN)/python -m tests.sandboxes.table

smoke: $(DEV) ## a quick look at the main job, about 10 s
	@$(BIN)/python -m pytest -n auto tests/e2e/test_quickstart.py tests/test_architecture.py

lint: $(DEV) ## style, types, workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@sh scripts/lint-workflows.sh

lock: $(DEV) ## write the locks again: requirements.lock from pyproject with what models need, those of a release's tools
	@$(LOCK) --python-version 3.11 --extra anthropic --extra gateway pyproject.toml -o requirements.lock
	@$(LOCK) --python-version 3.12 scripts/release-build.in -o scripts/release-build.lock
	@$(LOCK) --python-version 3.12 scripts/release-publish.in -o scripts/release-publish.lock

bench: $(DEV) ## measured in pairs, ratios printed (fetches the peer it compares with)
	@$(BIN)/python benchmarks/bench.py

storm: $(DEV) ## 500 kills over 8 workers and 1,000 tasks, on SQLite and PostgreSQL; 1,000 races on refs; every fault at every request, 1,000 of workers; 100 days' budgets; 200 stops; 200 kills, 10,000 faults and 10,000 repositories of a fleet
	@$(BIN)/python tests/storm/storm.py --engine sqlite --kills 500 --workers 8 --tasks 1000
	@$(BIN)/python tests/storm/storm.py --engine postgres --kills 500 --workers 8 --tasks 1000
	@$(BIN)/python tests/storm/races.py --rounds 1000
	@$(BIN)/python tests/storm/faults.py --singles 0 --doubles 1000
	@$(BIN)/python tests/storm/workers.py --rounds 1000
	@$(BIN)/python tests/storm/budgets.py --engine sqlite --rounds 50
	@$(BIN)/python tests/storm/budgets.py --engine postgres --rounds 50
	@$(BIN)/python tests/storm/sixteen.py
	@$(BIN)/python tests/storm/stops.py --rounds 200
	@$(BIN)/python tests/storm/fleet_kills.py --kills 200
	@$(BIN)/python tests/storm/fleet_faults.py --faults 10000
	@$(BIN)/python tests/storm/fleet_size.py --small 1000 --large 10000

clean: ## remove what these targets made
	rm -rf .venv build

$(USE): pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh use

$(DEV): pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh dev
