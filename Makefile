SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q

.PHONY: help serve dev test test-infra infra lint format audit bench lock clean

help: ## say what there is
	@echo "Tolstoy. What make can do:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12 | sed 's/^/  /'

# The markers are what makes the second run instant: one for what serving needs, one for what developing needs.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tolstoy needs Python 3.11 or later; say which with: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "This Python makes no virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

.venv/.serve: .venv/.made requirements/serve.txt pyproject.toml
	@echo "Installing what Tolstoy needs (once) …"
	@$(PIP) install -q --require-hashes -r requirements/serve.txt
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.serve requirements/dev.txt
	@echo "Installing what its tests need (once) …"
	@$(PIP) install -q --require-hashes -r requirements/dev.txt
	@touch $@

serve: .venv/.serve ## run the platform on port 3000 (PORT), on an embedded Postgres unless DATABASE_URL is set
	@exec $(BIN)/tolstoy serve

dev: .venv/.serve ## the same, restarting when the code changes
	@exec $(BIN)/tolstoy serve --reload

test: .venv/.dev ## every test, on a real Postgres (ARGS="-k tools" to choose)
	@$(BIN)/python -m pytest $(ARGS)

test-infra: .venv/.dev ## what is proven of docker/ and infra/ alone
	@$(BIN)/python -m pytest tests/infra $(ARGS)

infra/.venv/.made: requirements/infra.txt
	@$(PYTHON) -m venv infra/.venv
	@infra/.venv/bin/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements/infra.txt
	@touch $@

infra: infra/.venv/.made ## what `pulumi up` needs, in infra/.venv

lint: .venv/.dev ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=infra $(BIN)/lint-imports

format: .venv/.dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.venv/audit/.made: .venv/.made requirements/audit.txt
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements/audit.txt
	@touch $@

# One file after the other, as two of them may pin one package differently; the first that has something ends it.
audit: .venv/audit/.made ## ask whether what is pinned has known vulnerabilities (needs the network)
	@set -e; for file in dev infra image audit; do \
		.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
			-r requirements/$$file.txt $(ARGS); \
	done

bench: .venv/.dev ## measure: one line per figure, and bench-results.json
	@$(BIN)/python -m bench

lock: .venv/.dev ## compile requirements/*.txt anew from pyproject.toml (needs uv)
	@$(COMPILE) pyproject.toml --extra embedded --group build -o requirements/serve.txt
	@$(COMPILE) pyproject.toml --extra embedded --group dev --group build -o requirements/dev.txt
	@$(COMPILE) --group infra -o requirements/infra.txt
	@$(COMPILE) pyproject.toml -c requirements/serve.txt -o requirements/image.txt
	@$(COMPILE) --group audit -o requirements/audit.txt
	@$(COMPILE) --group build -c requirements/serve.txt -o requirements/build.txt

clean: ## remove the environment, the embedded database and every cache; .env stays
	@if [ -x $(BIN)/tolstoy ]; then $(BIN)/tolstoy db stop-embedded; fi
	@rm -rf .venv infra/.venv .tolstoy .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis bench-results.json dist
	@find . \( -name __pycache__ -o -name '*.egg-info' \) -type d -prune -exec rm -rf {} +
