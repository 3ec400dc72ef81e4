# Every target sets up what it needs: a virtual environment in .venv with the project
# and its tools, and the compiled modules next to their sources. Another Python:
# make PYTHON=python3.12 test

VENV := .venv
BIN := $(VENV)/bin
LOG = $(VENV)/$(@F).log
PACKAGES := chain_sim contract_fuzz contract_testing contractvm contractvm_cli gas_schedule
GENERATORS := $(addprefix contractvm/wasm/,interpreter/operations.py \
  interpreter/loop_generator.py interpreter/pairs.py structure/opcodes.py \
  structure/opcodes_generator.py)
GENERATED := $(addprefix contractvm/wasm/,interpreter/generated structure/opcodes.pxd)
COMPILED_SOURCES := $(GENERATORS) $(shell find $(PACKAGES) \
  $(patsubst %,-path % -prune -o,$(GENERATED)) \( -name '*.pyx' -o -name '*.pxd' -o -name '*.h' \) -print)

BUILD_TOOLS := $(VENV)/.build-tools
EXTENSIONS := $(VENV)/.extensions
INSTALLED := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
COMPILER := $(VENV)/.examples-compiler
PEERS := $(VENV)/.bench-peers
BROWSER := $(VENV)/.browser
SITE := $(VENV)/.site
FORGE_VERSION := 1.7.1
ASSEMBLYSCRIPT_VERSION := 0.28.20
ASSEMBLYSCRIPT := $(VENV)/.examples-assemblyscript-$(ASSEMBLYSCRIPT_VERSION)
FORGE := $(VENV)/.bench-forge-$(FORGE_VERSION)

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo clients test coverage check lint types docs sanitized-build sanitize examples \
  guests kernels bench bench-check calibrate crash crash-node plant fuzz-engine fuzz-bytes fuzz-files fuzz-clean \
  prove bless clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 17

# Where Python may not write bytecode, as in many containers, each start would compile
# every file anew. Importing the verbs writes that of the libraries they use.
define IMPORT_VERBS
from importlib import import_module; \
from contractvm_cli.verbs import VERBS; \
[import_module(f"contractvm_cli.commands.{verb.module}") for verb in VERBS.values()]
endef

# For independent targets only: `make clean test` must run one by one.
AT_ONCE := $(MAKE) --no-print-directory --jobs=2

# Idle workers steal tests.
PYTEST := $(BIN)/pytest -n auto --dist worksteal

setup: $(COMPILED) ## make .venv and the compiled modules
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c '$(IMPORT_VERBS)'

demo: $(COMPILED) ## deploy and call the example contracts on a fresh chain
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo.sh

test: $(COMPILED) ## run the fast tests
	@$(PYTEST)

COVERAGE := build/coverage/data

coverage: $(COMPILED) ## record which fast test runs which line, list the lines that none runs
	@mkdir -p $(dir $(COVERAGE))
	@$(PYTEST) --cov --cov-context=test --cov-report=term-missing:skip-covered

check: $(COMPILED) ## every gate: lint, types, all tests
	@+$(AT_ONCE) lint types $(COMPILER) $(if $(shell command -v chromium),$(BROWSER))
	@$(MAKE) --no-print-directory docs
	@$(PYTEST) -m ""

docs: $(SITE) ## build the documentation site, into site/
	@$(BIN)/python -m sphinx -q -W --keep-going -c docs -d build/doctrees . site
	@echo 'docs: site/docs/index.html'

lint: $(COMPILED) ## style and import rules
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { \
	  echo 'Not formatted; run: $(BIN)/ruff format .'; exit 1; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint $(PACKAGES)
	@$(BIN)/lint-imports >$(VENV)/imports.log 2>&1 || { \
	  cat $(VENV)/imports.log; exit 1; }
	@echo 'lint: clean'

types: $(COMPILED) ## mypy, strict
	@$(BIN)/mypy

sanitized-build: $(COMPILED) ## build/sanitized: checks addresses, undefined behaviour
	@$(BIN)/python tools/sanitized/run.py

SANITIZED_PYTHON := $(BIN)/python tools/sanitized/run.py
SANITIZED_TESTS := $(addprefix tests/contractvm/,wasm/binary wasm/validation metering \
  wasm/interpreter wasm/structure) \
  $(addprefix tests/chain_sim/ethereum/,primitives trie) \
  $(addprefix tests/properties/test_,trie.py absurd_arguments.py fused_operations.py) \
  tests/contract_fuzz/judging
# It imports eth_account, which loads libraries in a way that sanitizers refuse.
SANITIZED_TESTS += --ignore=tests/chain_sim/ethereum/primitives/test_transactions.py

sanitize: sanitized-build ## run the tests of compiled code and the official suite on that build
	@$(SANITIZED_PYTHON) -m pytest -q $(SANITIZED_TESTS)
	@$(SANITIZED_PYTHON) -m pytest -q -m "" tests/conformance/test_spectest.py

# make fuzz-engine SECONDS=600 SEED=123 WORKERS=1; with SANITIZED=1 on that build.
SECONDS := 60
SEED := 0
WORKERS := 2
FUZZ_OPTIONS = --seconds $(SECONDS) --seed $(SEED) --workers $(WORKERS)
FUZZER := PYTHONPATH=$(CURDIR) $(BIN)/python $(if $(SANITIZED),tools/sanitized/run.py)

fuzz-engine: $(if $(SANITIZED),sanitized-build,$(COMPILED)) ## compare with wasmtime on random modules
	@$(FUZZER) -m tools.fuzz.engine $(FUZZ_OPTIONS)

fuzz-bytes: $(if $(SANITIZED),sanitized-build,$(COMPILED)) ## damaged modules must be refused, quickly
	@$(FUZZER) -m tools.fuzz.damaged $(FUZZ_OPTIONS)

MUTANTS := 1000000000

fuzz-files: $(COMPILED) ## damaged untrusted files must be refused as documented, within limits
	@$(FUZZER) -m tools.fuzz.files $(FUZZ_OPTIONS) --mutants $(MUTANTS)

CASES := 1000000
CLEAN_SECONDS := 3600

fuzz-clean: $(COMPILED) ## fuzz faultless contracts, expect no alarm: CASES=1000000
	@$(BIN)/python -m benchmarks.fuzz_clean --cases $(CASES) --seconds $(CLEAN_SECONDS)

KILLS := 500

crash: $(COMPILED) ## kill a chain's process again and again: KILLS=500 SEED=0
	@$(BIN)/python -m tools.crash --kills $(KILLS) --seed $(SEED)

PYTHON_CLIENTS := $(basename $(notdir $(wildcard tests/clients/python/*.txt)))

# Each in an environment of its own: they need other versions of the same libraries.
# What cannot be installed is skipped by its tests, which say so. Hardhat 3 is for a newer
# Node.js than Debian's, and leaves out its own engine where an older one installs it.
clients: $(COMPILED) $(PYTHON_CLIENTS:%=client-%) ## install the clients of Ethereum that tests use
	@mkdir -p build/clients/hardhat3
	@cp tests/clients/package.json build/clients/
	@cp tests/clients/hardhat3/package.json build/clients/hardhat3/
	@{ npm install --prefix build/clients --no-audit --no-fund && \
	  PATH=$(CURDIR)/build/clients/node_modules/node/bin:$$PATH \
	  npm install --prefix build/clients/hardhat3 --no-audit --no-fund; } \
	  >$(VENV)/npm.log 2>&1 || echo 'npm could not install the clients: see $(VENV)/npm.log' >&2

client-%: $(COMPILED)
	@{ $(BIN)/python -m venv build/clients/$* && build/clients/$*/bin/pip install \
	  --disable-pip-version-check -r tests/clients/python/$*.txt; } \
	  >$(VENV)/$@.log 2>&1 || echo 'pip could not install $*: see $(VENV)/$@.log' >&2

crash-node: $(COMPILED) ## kill a node under load again and again: KILLS=500 SEED=0
	@$(BIN)/python -m tools.node_kills --kills $(KILLS) --seed $(SEED)

FAULTS := 100
FILES := *

plant: $(COMPILED) ## plant faults, list those that no test notices: FAULTS=100 SEED=0 FILES='*'
	@$(BIN)/python -m tools.planter --count $(FAULTS) --seed $(SEED) --files '$(FILES)' \
	  $(if $(wildcard $(COVERAGE)),--coverage $(COVERAGE))

prove: $(COMPILED) ## the gas by independent counts, random modules for SECONDS
	@PYTHONPATH=$(CURDIR) $(BIN)/python -m tools.proof --seconds $(SECONDS) --seed $(SEED)

examples: $(COMPILER) ## build examples/**/*.wasm from their sources
	@$(BIN)/python -m examples.build

guests: $(COMPILER) $(if $(shell command -v npm),$(ASSEMBLYSCRIPT)) ## build the guests in C, Rust and AssemblyScript
	@$(BIN)/python -m examples.build_guests

kernels: $(COMPILER) ## build the kernels' and workloads' .wasm from their sources
	@$(BIN)/python -m benchmarks.build_kernels
	@$(BIN)/python -m benchmarks.build_workloads

bench-check: $(COMPILED) ## compare counted instructions with the recorded ones (needs valgrind)
	@$(BIN)/python -m benchmarks.instructions --check

bench: $(PEERS) $(if $(shell command -v npm),$(FORGE)) ## compare speed with other engines, a few minutes
	@$(BIN)/python -m benchmarks

calibrate: $(COMPILED) ## measure contractvm-2 on a quiet machine, into build/contractvm-2.toml
	@mkdir -p build
	@$(BIN)/python -m benchmarks.calibration --release build/contractvm-2.toml

bless: $(COMPILED) ## rewrite golden files and generated documents; then read the diff
	@BLESS=1 $(BIN)/pytest -q -k 'golden or public_interface or named_number or code_map or command_line_reference or node_methods'

clean: ## remove what was built, except .venv
	@rm -rf build dist site *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache \
	  .import_linter_cache $(GENERATED) $(COMPILED) $(EXTENSIONS)
	@find $(PACKAGES) \( -name '*.c' -o -name '*.so' \) -delete
	@find . -path ./$(VENV) -prune -o -name __pycache__ -prune -exec rm -rf {} +

# The first of these that runs and is new enough; those first for which plyvel has wheels.
# A pyenv shim may stand on the path and still refuse to run, so each is tried.
PYTHON ?= $(shell for python in python3.12 python3.11 python3 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  >/dev/null 2>&1 && { echo $$python; break; }; done)
HAS_LEVELDB := echo '\#include <leveldb/db.h>' | $${CXX:-c++} -x c++ -E - >/dev/null 2>&1

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
	  echo 'contractvm needs Python 3.11 or newer; name one: make PYTHON=...' >&2; \
	  exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo '$(PYTHON) is older than Python 3.11, or does not run' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || \
	  { $(HAS_LEVELDB); } || { \
	  echo '$(PYTHON) has no wheel of plyvel, and leveldb/db.h to build it is missing:' \
	    'apt-get install libleveldb-dev, or make PYTHON=python3.12' >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

# Quiet unless it fails: then the whole log. Modules are compiled once, next to the
# sources and with the Cython of .venv: pip would compile all of them in each installation.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb")) \
  ["build-system"]["requires"], sep="\n")
LOGGED = >$(LOG) 2>&1 || { cat $(LOG) >&2; exit 1; }
GROUP := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb")) \
  ["dependency-groups"][sys.argv[1]], sep="\n")
# Older versions of pip know no dependency groups: they get a list of requirements.
# Python compiles a package's files when it first imports them: most are never imported.
define install
@echo 'Setting up .venv: $(1)'
@{ $(BIN)/python -c '$(GROUP)' $(1) >$(VENV)/$(1)-requires.txt && \
  CONTRACTVM_COMPILE=0 $(PIP) install --no-compile --no-build-isolation \
  --editable '.[all]' -r $(VENV)/$(1)-requires.txt; } $(LOGGED)
endef

$(BUILD_TOOLS): pyproject.toml | $(BIN)/python
	@{ $(BIN)/python -c '$(BUILD_REQUIRES)' >$(VENV)/build-requires.txt && \
	  $(PIP) install -r $(VENV)/build-requires.txt; } $(LOGGED)
	@touch $@

$(EXTENSIONS): $(BUILD_TOOLS) setup.py $(COMPILED_SOURCES)
	@$(BIN)/python setup.py --quiet build_ext --inplace $(LOGGED)
	@touch $@

$(INSTALLED): $(BUILD_TOOLS)
	$(call install,dev)
	@touch $@

$(COMPILED): pyproject.toml setup.py $(COMPILED_SOURCES)
	@+$(AT_ONCE) $(INSTALLED) $(EXTENSIONS)
	@touch $@

$(COMPILER): $(COMPILED)
	$(call install,examples)
	@touch $@

$(PEERS): $(COMPILED)
	$(call install,bench)
	@touch $@

$(BROWSER): $(COMPILER)
	$(call install,browser)
	@touch $@

$(SITE): $(COMPILED)
	@echo 'Setting up .venv: docs'
	@CONTRACTVM_COMPILE=0 $(PIP) install --no-compile --no-build-isolation \
	  --editable '.[docs]' $(LOGGED)
	@touch $@

# Where npm fails, the module in AssemblyScript is left as it is.
$(ASSEMBLYSCRIPT): | $(BIN)/python
	@echo 'Setting up .venv: AssemblyScript'
	@npm install --prefix $(VENV)/assemblyscript --no-audit --no-fund \
	  assemblyscript@$(ASSEMBLYSCRIPT_VERSION) >$(VENV)/npm.log 2>&1 && touch $@ || \
	  echo 'npm could not install AssemblyScript: see $(VENV)/npm.log' >&2

# Where npm fails, the benchmark says that forge is left out; the next time tries again.
$(FORGE): | $(BIN)/python
	@echo 'Setting up .venv: forge'
	@npm install --prefix $(VENV)/forge --no-audit --no-fund \
	  @foundry-rs/forge@$(FORGE_VERSION) >$(VENV)/npm.log 2>&1 && touch $@ || \
	  echo 'npm could not install forge: see $(VENV)/npm.log' >&2
