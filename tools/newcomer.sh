#!/usr/bin/env bash
# A newcomer's hour, from an empty folder: newcomer.sh HOST [FOLDER]
#
# HOST is ewasm or stylus. `contractvm` and `pytest` are those on the path: a test runs
# this with the wheel. Each step checks what a newcomer would look for; the first that
# fails ends it.
set -euo pipefail
host=$1
cd "${2:-$(mktemp -d)}"
say() { printf '\n== %s\n' "$*"; }

# Run a command that must fail, and keep what it prints.
fails() {
  if "$@" >said.txt 2>&1; then
    cat said.txt
    echo "this should have failed: $*" >&2
    exit 1
  fi
}

# The last command must have printed this.
says() {
  grep -q -F -- "$1" said.txt || {
    cat said.txt
    echo "not said: $1" >&2
    exit 1
  }
}

say "begin a project, build it, run its tests"
contractvm new tally --host "$host"
cd tally
contractvm build
pytest -q

say "a mistake in the contract: the failing test names its line"
cp contracts/tally.c tally.c.right
sed -i 's/number == 0/number <= 1/' contracts/tally.c
contractvm build
line=$(grep -n revert_Empty contracts/tally.c | cut -d: -f1)
fails pytest -q
says "contracts/tally.c:$line"

say "mend it"
cp tally.c.right contracts/tally.c
contractvm build
pytest -q

say "write down what the tests cost"
pytest -q --gas-snapshot
pytest -q --gas-snapshot-check

say "a change that costs more fails the check"
sed -i 's/    emit_Counted/    storage_load(COUNT);\n&/' contracts/tally.c
contractvm build
fails pytest -q --gas-snapshot-check
says "worse"
cp tally.c.right contracts/tally.c
contractvm build
pytest -q --gas-snapshot-check

say "which lines ran"
pytest -q --contract-coverage
grep -q "SF:.*contracts/tally.c" lcov.info
contractvm coverage report

say "a fault that only some calls meet: the fuzzer finds it, and writes a test"
sed -i 's/^uint64_t increment.*/uint64_t increment(void) {\n    if (count() == 2)\n        __builtin_trap();\n    return store(count() + 1);\n}/' \
  contracts/tally.c
contractvm build
fails contractvm fuzz build/tally.wasm --abi contracts/tally.json --runs 3000 \
  --fail-on traps --pytest tests/test_found.py
fails pytest -q tests/test_found.py
cp tally.c.right contracts/tally.c
contractvm build
pytest -q

say "that was the hour"
