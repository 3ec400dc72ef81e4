// The overview, lists of blocks, and one block.

import { accountChanges } from "./changes.js";
import {
  address,
  badge,
  blockHash,
  el,
  facts,
  hash,
  link,
  pages,
  path,
  section,
  table,
} from "./dom.js";
import { count, grouped, share, time } from "./format.js";
import { gasPlot } from "./plot.js";
import { ask, FIRST_HASH } from "./rpc.js";
import { tabs, transactionTable } from "./transaction.js";

const PLOTTED_BLOCKS = 200;

export async function overviewView() {
  const [overview, blocks, transactions, history] = await Promise.all([
    ask("getOverview"),
    ask("listBlocks", null),
    ask("listTransactions", null, null),
    ask("getGasHistory", PLOTTED_BLOCKS),
  ]);
  const { head } = overview;
  return {
    title: "Overview",
    isLive: true,
    nodes: [
      el("h1", { class: "unseen" }, "Overview"),
      el(
        "div",
        { class: "tiles" },
        [
          ["Newest block", link(path("block", head.number), grouped(head.number))],
          ["Its time", time(head.timestamp)],
          ["Next block's", time(overview.nextTimestamp)],
          ["Gas schedule", overview.schedule],
          ["Branch", el("bdi", null, overview.branch)],
          ["Chain id", String(overview.chainId)],
          ["Rules", `${overview.fork}, ${overview.profile}`],
        ].map(([name, value]) =>
          el(
            "div",
            { class: "tile" },
            el("span", { class: "tile-name" }, name),
            el("span", { class: "tile-value" }, value),
          ),
        ),
      ),
      section("Gas per block", gasPlot(history)),
      section(
        "Newest blocks",
        blockTable(blocks.blocks),
        el("p", { class: "all" }, link("/blocks", "All blocks")),
      ),
      section(
        "Newest transactions",
        transactionTable("Newest transactions", transactions.transactions, {
          hasMore: transactions.next !== null,
        }),
        el("p", { class: "all" }, link("/transactions", "All transactions")),
      ),
    ],
  };
}

const blockTable = (rows) =>
  table(
    "Blocks, the newest first",
    [
      ["block", "number", (row) => link(path("block", row.hash), grouped(row.number))],
      ["hash", "code", (row) => blockHash(row.hash)],
      ["time", "text", (row) => time(row.timestamp)],
      ["transactions", "number", (row) => grouped(row.transactions)],
      ["gas used", "number", (row) => grouped(row.gasUsed)],
      ["of limit", "number", (row) => share(row.gasUsed, row.gasLimit)],
      ["branches", "text", (row) => row.branches.map((name) => badge("plain", name))],
    ],
    rows,
    "no blocks",
  );

export async function blocksView(start = null) {
  const load = async (cursor) => {
    const answer = await ask("listBlocks", cursor);
    return { node: blockTable(answer.blocks), next: answer.next };
  };
  return {
    title: "Blocks",
    isLive: start === null,
    nodes: [
      el("h1", null, "Blocks", start && [" of ", el("bdi", null, start)]),
      pages(await load(start), load),
    ],
  };
}

export async function blockView(wanted, part = "") {
  const name = /^\d+$/.test(wanted) ? Number(wanted) : wanted;
  const found = await ask("getBlock", name, 0);
  const { block } = found;
  const rows = (answer) => ({
    node: transactionTable("Transactions of the block", answer.transactions, { withBlock: false }),
    next: answer.next,
  });
  const content =
    part === "state"
      ? accountChanges(await ask("getBlockDifference", block.hash, FIRST_HASH), (next) =>
          ask("getBlockDifference", block.hash, next),
        )
      : el(
          "div",
          null,
          header(found),
          section(
            count(block.transactions, "transaction"),
            pages(rows(found), async (next) => rows(await ask("getBlock", block.hash, next))),
          ),
        );
  return {
    title: `Block ${block.number}`,
    isLive: found.child === null,
    nodes: [
      el(
        "h1",
        null,
        `Block ${grouped(block.number)} `,
        !found.isOnChain && badge("warn", "not on the chain"),
      ),
      el(
        "nav",
        { class: "steps", "aria-label": "Neighbours" },
        block.number > 0 && link(path("block", block.parentHash), "← Previous"),
        found.isOnChain && found.child && link(path("block", found.child), "Next →"),
      ),
      tabs(
        "Parts of the block",
        [
          ["", "Block"],
          ["state", "State"],
        ],
        part,
        ["block", wanted],
      ),
      content,
    ],
  };
}

function header({ block }) {
  return facts([
    ["Hash", hash(block.hash)],
    ["Parent", blockHash(block.parentHash)],
    ["Time", time(block.timestamp)],
    [
      "Gas used",
      `${grouped(block.gasUsed)} of ${grouped(block.gasLimit)}, ${share(block.gasUsed, block.gasLimit)}`,
    ],
    ["Base fee", block.baseFeePerGas === undefined ? null : `${grouped(block.baseFeePerGas)} wei`],
    ["Miner", address(block.miner)],
    ["Size", `${grouped(block.size)} bytes`],
    ["State root", hash(block.stateRoot)],
    ["Transactions root", hash(block.transactionsRoot)],
    ["Receipts root", hash(block.receiptsRoot)],
    ["Extra data", hash(block.extraData)],
  ]);
}

export async function branchesView() {
  const found = await ask("listBranches");
  const fork = (row) =>
    row.fork === null
      ? el("span", { class: "faint" }, "far back")
      : link(path("block", row.fork.hash), grouped(row.fork.number));
  return {
    title: "Branches",
    isLive: true,
    nodes: [
      el("h1", null, "Branches"),
      branchGraph(found),
      table(
        "Branches",
        [
          [
            "branch",
            "text",
            (row) =>
              el(
                "span",
                null,
                el("bdi", null, row.name),
                " ",
                row.isCurrent && badge("good", "head"),
              ),
          ],
          ["block", "number", (row) => link(path("block", row.hash), grouped(row.number))],
          ["hash", "code", (row) => blockHash(row.hash)],
          ["time", "text", (row) => time(row.timestamp)],
          ["leaves the chain at", "number", fork],
          ["", "text", (row) => link(path("blocks", row.name), "its blocks")],
        ],
        found.branches,
      ),
      section(
        "Snapshots",
        table(
          "Snapshots",
          [
            ["snapshot", "number", (row) => String(row.snapshot)],
            ["block", "number", (row) => link(path("block", row.hash), grouped(row.number))],
            ["hash", "code", (row) => blockHash(row.hash)],
            ["on the chain up to", "number", fork],
          ],
          found.snapshots,
          "no snapshots",
        ),
        found.snapshotCount > found.snapshots.length &&
          el(
            "p",
            { class: "faint" },
            `the newest ${found.snapshots.length} of ${grouped(found.snapshotCount)}`,
          ),
      ),
    ],
  };
}

// The chain as a line, and each other branch as one that leaves it.
function branchGraph(found) {
  const others = found.branches.filter((branch) => !branch.isCurrent);
  const current = found.branches.find((branch) => branch.isCurrent);
  const lanes = [current, ...others].filter(Boolean);
  const newest = Math.max(1, ...lanes.map((lane) => Number(lane.number)));
  const place = (number) => `${(100 * Number(number)) / newest}%`;
  return el(
    "ol",
    { class: "lanes", "aria-label": "Branches and where they leave the chain" },
    lanes.map((lane) => {
      const from = lane.isCurrent ? 0 : (lane.fork?.number ?? 0);
      const line = el("span", { class: "lane-line" }),
        tip = el("span", { class: "lane-tip" });
      line.style.setProperty("--from", place(from));
      line.style.setProperty("--to", place(lane.number));
      tip.style.setProperty("--to", place(lane.number));
      return el(
        "li",
        { class: lane.isCurrent ? "lane current" : "lane" },
        el(
          "span",
          { class: "lane-name" },
          link(path("block", lane.hash), el("bdi", null, lane.name)),
          lane.isCurrent && " (head)",
        ),
        el("span", { class: "lane-track", "aria-hidden": "true" }, line, tip),
        el("span", { class: "lane-range faint" }, `${grouped(from)} to ${grouped(lane.number)}`),
      );
    }),
  );
}
