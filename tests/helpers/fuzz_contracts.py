"""Contracts with known faults, and campaigns over them."""

import json
from collections.abc import Mapping
from typing import Any

import wasmtime

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.functions import AbiFunction
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.judging.campaign import Campaign

SCHEDULE = "ewasm-metered"
PRELUDE = """
(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1)
  ;; call data from 0 on, its words begin at 4; 32,768: a key of zeros; 32,800: a value
  (func $stored (result i32)
    (call $load (i32.const 32768) (i32.const 32800))
    (i32.load8_u (i32.const 32831)))
  (func $keep (param $value i32)
    (i32.store8 (i32.const 32831) (local.get $value))
    (call $store (i32.const 32768) (i32.const 32800)))
  (func $return (param $value i32)
    (i64.store (i32.const 32832) (i64.const 0))
    (i64.store (i32.const 32840) (i64.const 0))
    (i64.store (i32.const 32848) (i64.const 0))
    (i64.store (i32.const 32856) (i64.const 0))
    (i32.store8 (i32.const 32863) (local.get $value))
    (call $finish (i32.const 32832) (i32.const 32)))
  (func (export "main") (local $i i32) (local $j i32) (local $n i32)
    (local.set $n (call $size))
    (if (i32.gt_u (local.get $n) (i32.const 32000))
      (then (call $revert (i32.const 0) (i32.const 0))))
    (call $copy (i32.const 0) (i32.const 0) (local.get $n))
"""
NOT_KNOWN = "(call $revert (i32.const 0) (i32.const 0))))"


def contract(bodies: Mapping[str, str], imports: str = "", extra: str = "") -> bytes:
    """A module that runs the body of the function whose selector is called.

    `imports` and `extra` are more imports, and more funcs.
    """
    prelude = PRELUDE.replace("(module", f"(module {imports}", 1)
    prelude = prelude.replace("  (func (export", f"{extra}  (func (export", 1)
    cases = []
    for signature, body in bodies.items():
        selector = AbiFunction(*_name_and_params(signature)).selector
        number = int.from_bytes(selector, "little")
        cases.append(
            f"(if (i32.eq (i32.load (i32.const 0)) (i32.const {number}))"
            f" (then {body} (call $return (i32.const 1))))"
        )
    return bytes(wasmtime.wat2wasm(prelude + "\n".join(cases) + NOT_KNOWN))


def _name_and_params(signature: str) -> tuple[str, Any]:
    (function,) = read_abi(abi_json([signature]))
    return function.name, function.params


def abi_json(signatures: list[str], results: Mapping[str, str] | None = None) -> bytes:
    """An ABI file; parameters are named a, b, c."""
    entries = []
    for signature in signatures:
        name, _, rest = signature.partition("(")
        types = [text for text in rest.removesuffix(")").split(",") if text]
        result = (results or {}).get(signature)
        entries.append(
            {
                "type": "function",
                "name": name,
                "inputs": [
                    {"name": "abcdef"[place], "type": text}
                    for place, text in enumerate(types)
                ],
                "outputs": [{"name": "", "type": result}] if result else [],
                "stateMutability": "nonpayable",
            }
        )
    return json.dumps(entries).encode()


# A product that is not a constant in the code: only comparisons reveal it.
MAGIC = {
    "open(uint64)": """
      (if (i64.eq (i64.load (i32.const 28))
                  (i64.mul (i64.const 0x1234567) (i64.const 0x7654321)))
        (then unreachable))"""
}
DIVIDES = {
    "divide(uint8)": "(drop (i32.div_u (i32.const 7) (i32.load8_u (i32.const 35))))"
}
STEPS = {
    "step()": "(call $keep (i32.add (call $stored) (i32.const 1)))",
    "reset()": "(call $keep (i32.const 0))",
    "invariant_small()": "(call $return (i32.lt_u (call $stored) (i32.const 3)))",
}
# The length of the array is the last byte of its word, and the one before.
LENGTH = """(local.set $n (i32.add
  (i32.load8_u (i32.const 67))
  (i32.shl (i32.load8_u (i32.const 66)) (i32.const 8))))"""
LINEAR = f"""{LENGTH}
  (local.set $i (i32.const 0))
  (loop $again
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (local.get $n))))"""
QUADRATIC = f"""{LENGTH}
  (local.set $i (i32.const 0))
  (loop $outer
    (local.set $j (i32.const 0))
    (loop $inner
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $inner (i32.lt_u (local.get $j) (local.get $n))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))"""
LISTS = {"flat(bytes)": "", "sum(uint8[])": LINEAR, "pairs(uint8[])": QUADRATIC}
FOREVER = {"spin()": "(loop $again (br $again))"}
EATER = {"eat()": "(loop $again (drop (memory.grow (i32.const 1))) (br $again))"}
TRAPS = {"trap()": "unreachable"}


def campaign_for(bodies: Mapping[str, str], **options: Any) -> Campaign:
    """A campaign over the contract, with its ABI unless `functions` says otherwise."""
    code = contract(bodies)
    results = dict.fromkeys(
        (name for name in bodies if name.startswith("invariant_")), "bool"
    )
    functions = read_abi(abi_json(list(bodies), results))
    options.setdefault("functions", functions)
    options.setdefault("invariants", tuple(f for f in functions if f.is_invariant))
    options.setdefault("gas_limit", 1_000_000)
    return Campaign(start_from_code(code, schedule=SCHEDULE), code, **options)
