// What the scripts of all clients share: where the packages are, and the contract.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

export const packages = createRequire(`${process.env.CLIENT_PACKAGES}/`);
export const url = process.env.NODE_URL;
export const webSocketUrl = url.replace("http", "ws");
export const bytecode = process.env.PROBE_CODE;
export const firstKey = process.env.FIRST_KEY;
export const dead = "0x000000000000000000000000000000000000dEaD";
export const signature = process.env.PROBE_SIGNATURE;

const inputs = (...types) => types.map((type, at) => ({ name: `a${at}`, type }));
const method = (name, types, outputs = [], stateMutability = "nonpayable") => ({
  type: "function", name, inputs: inputs(...types), outputs: inputs(...outputs),
  stateMutability,
});
export const abi = [
  method("get", [], ["uint256"], "view"),
  method("set", ["uint256"]),
  method("increment", []),
  method("whoami", [], ["address"], "view"),
];
export const calls = { fail: "0xa9cc4718", trap: "0x8372d15a" };

let checks = 0;

export function same(actual, expected) {
  assert.deepEqual(actual, expected);
  checks += 1;
}

export async function fails(promise, isExpected) {
  await assert.rejects(promise, (error) => isExpected(error));
  checks += 1;
}

export function done() {
  console.log(`${checks} checks`);
  process.exit(0);
}
