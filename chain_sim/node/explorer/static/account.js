// An account: balance, transactions, storage with blame, and its contract's module.

import {
  address,
  badge,
  el,
  facts,
  foreign,
  hash,
  link,
  pages,
  path,
  section,
  table,
  txHash,
} from "./dom.js";
import { ether, grouped, time } from "./format.js";
import { ask, FIRST_HASH } from "./rpc.js";
import { tabs, transactionsView } from "./transaction.js";
import { word } from "./changes.js";
import { abiForm } from "./abis.js";
import { callForms } from "./call.js";

export async function accountView(wanted, part = "", slot = null) {
  const account = await ask("getAccount", wanted);
  const isContract = account.codeSize > 0;
  const parts = [
    ["", "Account"],
    ["transactions", "Transactions"],
  ];
  if (isContract) parts.push(["call", "Call"], ["storage", "Storage"], ["contract", "Contract"]);
  const content =
    {
      "": () => accountOverview(account),
      transactions: async () => (await transactionsView("part", wanted)).nodes,
      call: () => callForms(account),
      storage: () => (slot === null ? storage(wanted) : blame(wanted, slot)),
      contract: async () => contract(await ask("getContract", wanted)),
    }[part] ?? (() => el("p", null, "There is no such part."));
  const kind = account.precompile !== null ? "Precompile" : isContract ? "Contract" : "Account";
  return {
    title: `${kind} ${wanted.slice(0, 10)}…`,
    isLive: part === "",
    nodes: [
      el("h1", null, `${kind} `, hash(account.address)),
      tabs("Parts of the account", parts, part, ["address", wanted]),
      await content(),
    ],
  };
}

function accountOverview(account) {
  return el(
    "div",
    null,
    facts([
      ["Balance", ether(account.balance)],
      ["Nonce", grouped(account.nonce)],
      [
        "Developer account",
        account.developerAccount === null ? null : String(account.developerAccount),
      ],
      ["Precompile", account.precompile],
      ["Code", account.codeSize ? `${grouped(account.codeSize)} bytes` : null],
      ["Code hash", account.codeSize ? hash(account.codeHash) : null],
      ["Storage root", account.codeSize ? hash(account.storageRoot) : null],
      ["State", account.exists ? null : "there is no such account yet"],
    ]),
    account.codeSize > 0 &&
      section(
        "Functions",
        table(
          "Functions of the ABI",
          [
            ["function", "code", (row) => foreign(row.signature)],
            ["returns", "code", (row) => row.results.join(", ")],
            ["selector", "code", (row) => row.selector],
            [
              "",
              "text",
              (row) =>
                row.isReadOnly
                  ? badge("plain", "reads")
                  : row.isPayable
                    ? badge("warn", "takes ether")
                    : badge("plain", "writes"),
            ],
          ],
          account.functions,
          "No ABI is registered for this contract: its file gives calls, logs and errors their names.",
        ),
      ),
    account.events.length > 0 &&
      section(
        "Events",
        el(
          "ul",
          { class: "code" },
          account.events.map((one) => el("li", null, foreign(one))),
        ),
      ),
    account.errors.length > 0 &&
      section(
        "Errors",
        el(
          "ul",
          { class: "code" },
          account.errors.map((one) => el("li", null, foreign(one))),
        ),
      ),
    account.codeSize > 0 && section("ABI", abiForm(account.address)),
  );
}

async function storage(wanted) {
  const load = async (cursor) => {
    const answer = await ask("listSlots", wanted, cursor);
    const node = table(
      "Storage slots that are not zero",
      [
        [
          "slot",
          "code",
          (row) =>
            row.key === null
              ? el(
                  "span",
                  null,
                  el("span", { class: "faint" }, "key with hash "),
                  hash(row.keyHash),
                )
              : hash(row.key, path("address", wanted, "storage", row.key)),
        ],
        ["value", "code", (row) => word(row.value)],
        [
          "",
          "text",
          (row) => row.key && link(path("address", wanted, "storage", row.key), "blame"),
        ],
      ],
      answer.slots,
      "The storage is empty.",
    );
    return { node, next: answer.next };
  };
  const input = el("input", {
    name: "slot",
    class: "code",
    spellcheck: "false",
    autocomplete: "off",
    required: true,
    pattern: "0x[0-9a-fA-F]{1,64}|[0-9]{1,78}",
    placeholder: "0",
    "aria-label": "Storage slot",
  });
  const form = el("form", { class: "line-form" }, input, el("button", { type: "submit" }, "Blame"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = path("address", wanted, "storage", `0x${BigInt(input.value).toString(16)}`);
  });
  return el(
    "div",
    null,
    section("Slots", pages(await load(FIRST_HASH), load)),
    section("Any slot", form),
  );
}

async function blame(wanted, slot) {
  const load = async (cursor) => {
    const answer = await ask("getBlame", wanted, slot, cursor);
    const node = el(
      "div",
      null,
      table(
        "Changes of the slot, the newest first",
        [
          [
            "block",
            "number",
            (row) => link(path("block", row.blockHash), grouped(row.blockNumber)),
          ],
          ["time", "text", (row) => time(row.timestamp)],
          [
            "transaction",
            "code",
            (row) =>
              row.transactionHash === null
                ? el("span", { class: "faint" }, "none: an edit, or the beginning of the chain")
                : txHash(row.transactionHash),
          ],
          ["from", "code", (row) => (row.from === null ? "" : address(row.from))],
          ["before", "code", (row) => el("del", null, word(row.before))],
          ["after", "code", (row) => el("ins", null, word(row.after))],
        ],
        answer.writes,
        answer.next === null ? "never written" : "no change in these blocks",
      ),
      !answer.isKept && el("p", { class: "faint" }, "Older blocks are not kept."),
    );
    return { node, next: answer.next };
  };
  return el(
    "div",
    null,
    el("p", null, link(path("address", wanted, "storage"), "← All slots")),
    section(["Changes of slot ", hash(slot)], pages(await load(null), load)),
  );
}

function contract(found) {
  if (found.fault !== null) return el("p", { class: "failure" }, foreign(found.fault));
  const { check } = found;
  const externs = (title, rows, total) =>
    section(
      title,
      table(
        title,
        [
          [
            "name",
            "code",
            (row) => foreign(row.module === undefined ? row.name : `${row.module}.${row.name}`),
          ],
          ["kind", "text", (row) => row.kind],
          ["type", "code", (row) => row.type],
        ],
        rows,
      ),
      total > rows.length &&
        el("p", { class: "faint" }, `the first ${grouped(rows.length)} of ${grouped(total)}`),
    );
  return el(
    "div",
    null,
    facts([
      ["Code", `${grouped(found.size)} bytes`],
      ["Code hash", hash(found.codeHash)],
      [
        "Check",
        el(
          "span",
          null,
          badge({ closed: "good", refused: "warn", open: "bad" }[check.verdict], check.verdict),
          ` under ${check.profile}, floats ${check.floats}`,
        ),
      ],
      ["Refused", check.refusal && foreign(check.refusal)],
    ]),
    section(
      "What could differ between engines",
      table(
        "Findings",
        [
          ["about", "code", (row) => row.kind],
          [
            "severity",
            "text",
            (row) => badge(row.severity === "open" ? "bad" : "plain", row.severity),
          ],
          ["where", "code", (row) => foreign(placeText(row.place))],
          ["what", "wide", (row) => foreign(row.text)],
        ],
        check.findings,
        "nothing",
      ),
      check.findingCount > check.findings.length &&
        el(
          "p",
          { class: "faint" },
          `the first ${grouped(check.findings.length)} of ${grouped(check.findingCount)}`,
        ),
    ),
    externs("Imports", found.imports, found.importCount),
    externs("Exports", found.exports, found.exportCount),
  );
}

function placeText(place) {
  if (place.func === null) return place.offset === null ? "module" : `byte ${place.offset}`;
  return [
    `func ${place.func}${place.name ? ` (${place.name})` : ""}`,
    place.instruction,
    place.offset !== null && `byte ${place.offset}`,
    place.file && `${place.file}:${place.line}`,
  ]
    .filter(Boolean)
    .join(", ");
}
