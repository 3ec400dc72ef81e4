#!/usr/bin/env bash
# Deploy and call the example contracts on a fresh chain.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT

show() {
  printf '\n$ contractvm %s\n' "$*"
  contractvm "$@" --db "$database"
}

# The contract's address is the only thing a script needs from a deployment.
deploy() {
  contractvm deploy "$1" --db "$database" --json |
    python -c 'import json, sys; print(json.load(sys.stdin)["contractAddress"])'
}

counter=$(deploy counter/counter.wat)
echo "counter at $counter"
show send "$counter" 0xd09de08a
show call "$counter" 0x6d4ce63c

token=$(deploy token/token_init.wasm)
echo "token at $token"
show call "$token" 0x18160ddd
