#!/usr/bin/env bash
# Deploys the example contracts on a fresh chain, calls them, and shows the exact gas.
# It prints the same on every run. `contractvm` must be on the PATH.
set -euo pipefail
unset CONTRACTVM_DB CONTRACTVM_PRIVATE_KEY

# A folder of its own: the chain is where it is by default, in .contractvm/chain.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ln -s "$examples" examples

bob=0x70997970C51812dc3A010C7d01b50e0d17dc79C8 # the second developer account

heading() {
  printf '\n# %s\n' "$1"
}

# Print a command as it is typed.
announce() {
  local word
  printf '\n$ contractvm'
  for word in "$@"; do
    [[ $word == *'('* ]] && word="'$word'"
    printf ' %s' "$word"
  done
  printf '\n'
}

# Print a command, then run it.
show() {
  announce "$@"
  contractvm "$@"
}

# Deploy, show the receipt, and keep the contract's address in $contract.
deploy() {
  announce deploy "$@"
  contractvm deploy "$@" >"$folder/receipt"
  cat "$folder/receipt"
  contract=$(sed -n 's/^contract  *//p' "$folder/receipt")
}

# field KEY: the value of a key in the JSON document on stdin.
field() {
  sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"
}

heading 'A counter, in Wasm text: 256 bits in a storage slot'
show inspect examples/counter/counter.wat
deploy examples/counter/counter.wat
counter=$contract
show send "$counter" 'increment()(uint256)'
show send "$counter" 'increment()(uint256)'
show call "$counter" 'get()(uint256)'
show storage "$counter" 0

heading 'An ERC-20 token, in C: the constructor gives the supply to the deployer'
deploy --init-code examples/token/token_init.wasm
token=$contract
show call "$token" 'totalSupply()(uint256)'
show send "$token" 'transfer(address,uint256)(bool)' "$bob" 1.5ether
show call "$token" 'balanceOf(address)(uint256)' "$bob"

heading 'Bob spends more than he has: a revert, with its reason'
if show send "$token" 'transfer(address,uint256)' "$counter" 2ether --from 1; then
  echo 'error: this was to be reverted' >&2
  exit 1
fi

heading 'keccak-256, in C: its gas is for the instructions that it executes'
deploy examples/keccak/keccak.wasm
keccak=$contract
show call "$keccak" --data 0x616263
hash=$(contractvm send "$keccak" --data 0x616263 --json | field transactionHash)
show receipt "$hash"

heading 'In short'
called=$(contractvm call "$counter" 'get()(uint256)' --json)
block=$(contractvm block latest --json)
cat <<END
contract    $counter
get()       $(field output <<<"$called")
gas used    $(field gasUsed <<<"$called")
block       $(field number <<<"$block")
state root  $(field stateRoot <<<"$block")
END
