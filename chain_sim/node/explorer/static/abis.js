// The registry of ABIs: a list, and a form that adds a file.

import { address, el, hash, pages, say, section, table } from "./dom.js";
import { count, grouped } from "./format.js";
import { ask, recorded } from "./rpc.js";

export async function abisView() {
  const load = async (cursor) => {
    const answer = await ask("listAbis", cursor);
    const node = table(
      "ABIs",
      [
        [
          "contract or code hash",
          "code",
          (row) => (row.target.length === 42 ? address(row.target) : hash(row.target)),
        ],
        [
          "functions",
          "number",
          (row) => (row.functions === null ? "unreadable" : grouped(row.functions)),
        ],
        ["events", "number", (row) => (row.events === null ? "" : grouped(row.events))],
        ["errors", "number", (row) => (row.errors === null ? "" : grouped(row.errors))],
        [
          "",
          "text",
          (row) =>
            el(
              "button",
              { type: "button", class: "quiet", click: () => remove(row.target) },
              "Remove",
            ),
        ],
      ],
      answer.abis,
      "None is registered yet. `contractvm abi add ADDRESS FILE` adds one, and so does this form.",
    );
    return { node, next: answer.next };
  };
  const remove = async (target) => {
    await ask("removeAbi", target);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return {
    title: "ABIs",
    nodes: [
      el("h1", null, "ABIs"),
      pages(await load(null), load),
      section("Add one", abiForm(null)),
    ],
  };
}

// A file for one contract; with `target` null the form asks for the contract too.
export function abiForm(target) {
  if (recorded !== null) return null;
  const outcome = el("p", { role: "status" });
  const wanted = el("input", {
    name: "target",
    class: "code",
    spellcheck: "false",
    autocomplete: "off",
    required: true,
    pattern: "0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})",
    placeholder: "0x…",
    "aria-label": "Address or code hash",
  });
  const file = el("input", {
    type: "file",
    name: "file",
    accept: ".json,application/json",
    required: true,
    "aria-label": "ABI file",
  });
  const form = el(
    "form",
    { class: "line-form" },
    target === null && wanted,
    file,
    el("button", { type: "submit" }, "Add ABI"),
    outcome,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const row = await ask("addAbi", target ?? wanted.value, await file.files[0].text());
      say(`${count(row.functions, "function")}, ${count(row.events, "event")} are known now.`);
      dispatchEvent(new HashChangeEvent("hashchange"));
    } catch (error) {
      outcome.textContent = error.message;
    }
  });
  return form;
}
