// Where the gas went: flame graph and tables; and two transactions side by side.

import { address, badge, el, facts, foreign, hash, path, section, table } from "./dom.js";
import { flameGraph } from "./flame.js";
import { gasOf, grouped, share } from "./format.js";
import { ask, recorded } from "./rpc.js";

export function gasPart(report, wanted) {
  const gas = (units) => aligned(gasOf(units, report), report);
  const ofAll = (units) => share(units, report.gasUsedUnits);
  const amounts = (title, units) => [
    [title, "number", (row) => gas(units(row))],
    [
      "share",
      "number bar-cell",
      (row) => el("span", null, meter(units(row), report.gasUsedUnits), ofAll(units(row))),
    ],
  ];
  return [
    facts([
      ["Gas used", `${grouped(report.gasUsed)} of ${grouped(report.gasLimit)}`],
      ["Schedule", el("span", { class: "pair" }, report.schedule, hash(report.scheduleHash))],
      [
        "Unexplained",
        el(
          "span",
          null,
          `${report.remainder} units `,
          report.remainder === 0 ? badge("good", "adds up") : badge("bad", "does not add up"),
        ),
      ],
    ]),
    section("Flame graph", flameGraph(report)),
    section(
      "By what it paid for",
      table(
        "Gas by group and part",
        [
          [
            "part",
            "text",
            (row) =>
              row.group === undefined
                ? el("span", { class: "part" }, foreign(row.name))
                : el("strong", null, row.group),
          ],
          ["count", "number", (row) => (row.count === undefined ? "" : grouped(row.count))],
          ...amounts("gas", (row) => row.units),
        ],
        report.groups.flatMap((group) =>
          [group, ...group.parts].map((row) => ({
            ...row,
            group: row === group ? group.group : undefined,
            rowClass: row === group ? "group" : null,
          })),
        ),
      ),
    ),
    section(
      "By host call",
      more(report.hostCallCount, report.hostCalls),
      table(
        "Gas by host call",
        [
          ["host function", "code", (row) => foreign(row.name)],
          ...amounts("gas", (row) => row.units),
        ],
        report.hostCalls,
        "no host calls",
      ),
    ),
    section(
      "By func",
      more(report.functionCount, report.functions),
      table(
        "Gas by func",
        [
          ["func", "code", (row) => foreign(row.name)],
          ["contract", "code", (row) => address(row.contract)],
          ["calls", "number", (row) => grouped(row.calls)],
          ["own gas", "number", (row) => gas(row.ownUnits)],
          ...amounts("with callees", (row) => row.inclusiveUnits),
        ],
        report.functions,
        "no func ran",
      ),
    ),
    section(
      "By line",
      more(report.lineCount, report.lines),
      table(
        "Gas by source line",
        [
          ["line", "code", (row) => foreign(`${row.file}:${row.line}`)],
          ["executions", "number", (row) => grouped(row.executions)],
          ...amounts("gas", (row) => row.units),
        ],
        report.lines,
        report.hasLines ? "no line ran" : "the contracts have no debug information",
      ),
    ),
    section(
      "Message calls",
      more(report.callCount, report.calls),
      table(
        "Message calls",
        [
          [
            "call",
            "text",
            (row) => el("span", { class: `depth depth-${Math.min(row.depth, 8)}` }, row.kind),
          ],
          ["code", "code", (row) => address(row.to)],
          [
            "result",
            "text",
            (row) =>
              row.status === "success"
                ? badge("good", "success")
                : el(
                    "span",
                    null,
                    badge("bad", row.status),
                    row.error && [" ", foreign(row.error)],
                  ),
          ],
          ["given", "number", (row) => gas(row.givenUnits)],
          ...amounts("used", (row) => row.usedUnits),
        ],
        report.calls,
      ),
    ),
    report.notes.length
      ? section(
          "Notes",
          el(
            "ul",
            null,
            report.notes.map((note) => el("li", null, foreign(note))),
          ),
        )
      : null,
    recorded === null && compareForm(wanted),
  ].filter(Boolean);
}

const more = (total, rows) =>
  total > rows.length
    ? el("p", { class: "faint" }, `the first ${grouped(rows.length)} of ${grouped(total)}`)
    : null;

function meter(part, whole) {
  const bar = el("span", { class: "meter", "aria-hidden": "true" });
  bar.style.setProperty(
    "--share",
    String(Math.max(0, Math.min(1, Number(part) / Number(whole) || 0))),
  );
  return bar;
}

function compareForm(wanted) {
  const input = el("input", {
    name: "other",
    class: "code",
    spellcheck: "false",
    autocomplete: "off",
    required: true,
    pattern: "0x[0-9a-fA-F]{64}",
    placeholder: "0x…",
    "aria-label": "Hash of another transaction",
  });
  const form = el(
    "form",
    { class: "line-form" },
    input,
    el("button", { type: "submit" }, "Compare"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = path("compare", wanted, input.value.toLowerCase());
  });
  return section("Compare with another transaction", form);
}

export async function compareView(first, second) {
  const [before, after] = await Promise.all([ask("getGas", first), ask("getGas", second)]);
  const isSame = before.unitsPerGas === after.unitsPerGas;
  const difference = (one, other) =>
    isSame ? aligned(signed(BigInt(other) - BigInt(one), before), before) : "";
  const columns = (title, kind, name) => [
    [title, kind, name],
    ["first", "number", (row) => aligned(gasOf(row.before, before), before)],
    ["second", "number", (row) => aligned(gasOf(row.after, after), after)],
    ["difference", "number", (row) => difference(row.before, row.after)],
  ];
  const pair = (title, list, key, units) =>
    table(
      title,
      columns(title, "code", (row) => foreign(row.name)),
      paired(before[list], after[list], key, units),
    );
  return {
    title: "Comparison of gas",
    nodes: [
      el("h1", null, "Comparison of gas"),
      facts([
        ["First", hash(first, path("tx", first))],
        ["Second", hash(second, path("tx", second))],
        [
          "Gas used",
          `${grouped(before.gasUsed)} and ${grouped(after.gasUsed)},` +
            ` ${signed(BigInt(after.gasUsed) - BigInt(before.gasUsed), { unitsPerGas: 1 })}`,
        ],
        [
          "Schedules",
          before.schedule === after.schedule
            ? before.schedule
            : `${before.schedule} and ${after.schedule}`,
        ],
      ]),
      section(
        "By what it paid for",
        pair(
          "group",
          "groups",
          (row) => row.group,
          (row) => row.units,
        ),
      ),
      section(
        "By func",
        pair(
          "func",
          "functions",
          (row) => row.name,
          (row) => row.ownUnits,
        ),
      ),
    ],
  };
}

function paired(first, second, key, units) {
  const sums = new Map();
  for (const [rows, side] of [
    [first, "before"],
    [second, "after"],
  ]) {
    for (const row of rows) {
      const sum = sums.get(key(row)) ?? { name: key(row), before: 0n, after: 0n };
      sum[side] += BigInt(units(row));
      sums.set(key(row), sum);
    }
  }
  return [...sums.values()];
}

// An amount whose decimal point stands below the others of its column.
function aligned(text, report) {
  const [whole, fraction = ""] = text.split(".");
  const places = String(report.unitsPerGas).length - 1;
  const rest = el("span", { class: "fraction" }, fraction && `.${fraction}`);
  rest.style.setProperty("--places", String(places));
  return el("span", null, whole, rest);
}

const signed = (units, report) => `${units > 0n ? "+" : ""}${gasOf(units, report)}`;
