// One transaction: what it was, what it cost, what it changed.

import { accountChanges } from "./changes.js";
import {
  address,
  badge,
  blockHash,
  dataBlock,
  decoded,
  el,
  facts,
  foreign,
  hash,
  link,
  pages,
  path,
  section,
  table,
} from "./dom.js";
import { ether, grouped, share, time } from "./format.js";
import { gasPart } from "./gas.js";
import { ask, FIRST_HASH } from "./rpc.js";

const PARTS = [
  ["", "Transaction"],
  ["gas", "Gas"],
  ["logs", "Logs"],
  ["state", "State"],
];

export async function transactionView(wanted, part = "") {
  const found = await ask("getTransaction", wanted);
  const content =
    {
      "": () => [transactionOverview(found)],
      gas: async () => gasPart(await ask("getGas", wanted), wanted),
      logs: () => [logs(found, wanted)],
      state: async () => [
        accountChanges(await ask("getTransactionDifference", wanted, FIRST_HASH), (next) =>
          ask("getTransactionDifference", wanted, next),
        ),
      ],
    }[part] ?? (() => [el("p", null, "There is no such part.")]);
  return {
    title: `Transaction ${wanted.slice(0, 10)}…`,
    nodes: [
      el("h1", null, "Transaction ", hash(found.transaction.hash)),
      tabs(
        "Parts of the transaction",
        PARTS.map(([name, title]) => [
          name,
          name === "logs" ? `${title} (${grouped(found.receipt.logs)})` : title,
        ]),
        part,
        ["tx", wanted],
      ),
      ...(await content()),
    ],
  };
}

export const tabs = (label, parts, current, base) =>
  el(
    "nav",
    { class: "tabs", "aria-label": label },
    parts.map(([name, title]) => {
      const one = link(path(...base, ...(name ? [name] : [])), title);
      if (name === current) one.setAttribute("aria-current", "page");
      return one;
    }),
  );

const status = (succeeded) => (succeeded ? badge("good", "success") : badge("bad", "failed"));

function transactionOverview(found) {
  const { transaction: tx, receipt, call, error } = found;
  return el(
    "div",
    null,
    facts([
      [
        "Status",
        el(
          "span",
          null,
          status(receipt.status),
          found.failure && el("span", { class: "failure" }, " ", foreign(found.failure)),
        ),
      ],
      [
        "Block",
        el(
          "span",
          null,
          link(path("block", receipt.blockNumber), grouped(receipt.blockNumber)),
          el("span", { class: "faint" }, `, position ${receipt.transactionIndex}`),
        ),
      ],
      ["Block hash", blockHash(receipt.blockHash)],
      ["Time", time(found.timestamp)],
      ["From", address(tx.from)],
      ["To", tx.to === null ? el("span", { class: "faint" }, "new contract") : address(tx.to)],
      ["Contract", receipt.contractAddress && address(receipt.contractAddress)],
      ["Value", ether(tx.value)],
      [
        "Gas used",
        el(
          "span",
          null,
          link(path("tx", tx.hash, "gas"), grouped(receipt.gasUsed)),
          el(
            "span",
            { class: "faint" },
            ` of ${grouped(tx.gas)}, ${share(receipt.gasUsed, tx.gas)}`,
          ),
        ),
      ],
      ["Gas price", ether(receipt.effectiveGasPrice)],
      [
        "At most",
        tx.maxFeePerGas === undefined
          ? null
          : `${ether(tx.maxFeePerGas)}, tip ${ether(tx.maxPriorityFeePerGas)}`,
      ],
      ["Fee", ether(BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice))],
      ["Nonce", grouped(tx.nonce)],
      ["Type", tx.type === undefined ? null : String(tx.type)],
    ]),
    section(tx.to === null ? "Init code" : "Input", call && decoded(call), dataBlock(tx.input)),
    error && section("Error", decoded(error)),
    section("Output", dataBlock(receipt.output)),
  );
}

function logs(found, wanted) {
  if (!found.logs.length)
    return el("p", { class: "faint nothing" }, "The transaction has no logs.");
  const page = (answer) => ({
    node: el("div", null, answer.logs.map(logBlock)),
    next: answer.next,
  });
  return pages(page(found), async (next) => page(await ask("getLogs", wanted, next)));
}

function logBlock(log) {
  return el(
    "article",
    { class: "log" },
    el("h2", null, `Log ${log.logIndex}`, log.event && [" ", foreign(log.event.name)]),
    facts([
      ["From", address(log.address)],
      ...log.topics.map((topic, place) => [`Topic ${place}`, hash(topic)]),
      ["Data", dataBlock(log.data)],
    ]),
    log.event && decoded(log.event),
  );
}

export function transactionTable(caption, rows, { withBlock = true, hasMore = false } = {}) {
  return table(
    caption,
    [
      ["transaction", "code", (row) => hash(row.hash, path("tx", row.hash))],
      ...(withBlock
        ? [
            [
              "block",
              "number",
              (row) => link(path("block", row.blockNumber), grouped(row.blockNumber)),
            ],
          ]
        : []),
      ["from", "code", (row) => address(row.from)],
      [
        "to",
        "code",
        (row) =>
          row.to === null
            ? el(
                "span",
                { class: "pair" },
                el("span", { class: "faint" }, "new"),
                row.contractAddress && address(row.contractAddress),
              )
            : address(row.to),
      ],
      [
        "call",
        "text",
        (row) =>
          row.method === null
            ? el("span", { class: "faint" }, row.to === null ? "creation" : "transfer")
            : el("span", { class: "method" }, foreign(row.method)),
      ],
      ["value", "number", (row) => ether(row.value)],
      ["gas used", "number", (row) => grouped(row.gasUsed)],
      ["status", "text", (row) => status(row.status)],
    ],
    rows,
    hasMore ? "no transactions in these blocks" : "no transactions",
  );
}

export async function transactionsView(kind = null, account = null) {
  const load = async (cursor) => {
    const answer = await ask("listTransactions", cursor, account);
    return {
      node: transactionTable("Transactions, the newest first", answer.transactions, {
        hasMore: answer.next !== null,
      }),
      next: answer.next,
    };
  };
  const list = pages(await load(null), load);
  return {
    title: "Transactions",
    isLive: true,
    nodes: kind === "part" ? [list] : [el("h1", null, "Transactions"), list],
  };
}
