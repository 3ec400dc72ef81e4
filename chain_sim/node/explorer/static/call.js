// Calls of a contract's functions: what they would give now, without a transaction.

import { badge, dataBlock, decoded, el, foreign, section, valueTable } from "./dom.js";
import { grouped } from "./format.js";
import { ask } from "./rpc.js";

export function callForms(account) {
  if (!account.functions.length) {
    return el("p", { class: "faint nothing" }, "No ABI is registered for this contract.");
  }
  return el(
    "div",
    null,
    el("p", { class: "faint" }, "A call changes nothing and costs nothing."),
    account.functions.map((one) => functionForm(account.address, one)),
  );
}

function functionForm(address, wanted) {
  const outcome = el("div", { role: "status" });
  const inputs = wanted.params.map((param) => {
    const name = param.name || param.type;
    return el(
      "label",
      { class: "argument" },
      el("span", { class: "faint" }, foreign(param.name), ` ${param.type}`),
      el("input", { class: "code", spellcheck: "false", autocomplete: "off", "aria-label": name }),
    );
  });
  const form = el("form", { class: "call" }, inputs, el("button", { type: "submit" }, "Call"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = inputs.map((label) => label.querySelector("input").value);
    try {
      outcome.replaceChildren(result(await ask("callFunction", address, wanted.signature, given)));
    } catch (error) {
      outcome.replaceChildren(el("p", { class: "failure" }, foreign(error.message)));
    }
  });
  return el("article", null, el("h2", { class: "code" }, foreign(wanted.signature)), form, outcome);
}

function result(found) {
  const gas = el("p", { class: "faint" }, `${grouped(found.gasUsed)} gas`);
  if (found.failure !== null) {
    const why = el("span", { class: "failure" }, " ", foreign(found.failure));
    return el(
      "div",
      { class: "outcome" },
      badge("bad", "failed"),
      why,
      found.error && decoded(found.error),
      gas,
    );
  }
  const values = found.values === null ? dataBlock(found.output) : valueTable(found.values);
  return section("Result", values, gas);
}
