// Elements with text in them. Whatever a chain says becomes a text node, never markup.

import { recorded } from "./rpc.js";

const SVG = "http://www.w3.org/2000/svg";
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const SHOWN_CHARACTERS = 600;

export const el = (name, attributes, ...children) =>
  fill(document.createElement(name), attributes, children);

export const svg = (name, attributes, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

// Characters that show nothing, or change the direction of what follows, as \u{..}.
export const visible = (text) =>
  String(text).replace(HIDDEN, (found) => `\\u{${found.codePointAt(0).toString(16)}}`);

// Text of a contract or an ABI: marked off from the page's own, and cut where it is long.
export function foreign(text) {
  const shown = visible(text);
  const holder = el("bdi", { class: "foreign" });
  if (shown.length <= SHOWN_CHARACTERS) {
    holder.append(shown);
    return holder;
  }
  const all = () => holder.replaceChildren(shown);
  const more = el(
    "button",
    { type: "button", class: "quiet", click: all },
    `all ${shown.length.toLocaleString("en")} characters`,
  );
  holder.append(shown.slice(0, SHOWN_CHARACTERS), "… ", more);
  return holder;
}

// Links lead to routes of this page only; a file of one transaction has only its own.
export function link(route, ...children) {
  const canOpen = recorded === null || route.startsWith(recorded.route);
  return canOpen ? el("a", { href: `#${route}` }, ...children) : el("span", null, ...children);
}

export const path = (...parts) =>
  `/${parts.map((part) => encodeURIComponent(String(part))).join("/")}`;

// A hash or an address on one line: where there is no room the middle is left out.
export function hash(text, route = null) {
  if (text === null || text === undefined) return el("span", { class: "faint" }, "none");
  const cut = Math.max(text.length - 6, 0);
  const parts = [
    el("span", { class: "hash-start" }, text.slice(0, cut)),
    el("span", { class: "hash-end" }, text.slice(cut)),
  ];
  const shown = route === null ? el("span", { class: "hash-text" }, parts) : link(route, parts);
  shown.classList.add("hash-text");
  shown.setAttribute("title", text);
  return el("span", { class: "hash" }, shown, copyButton(text));
}

export const address = (text) => hash(text, text && path("address", text));
export const txHash = (text) => hash(text, text && path("tx", text));
export const blockHash = (text) => hash(text, text && path("block", text));

function copyButton(text) {
  const label = `Copy ${text}`;
  const button = el("button", {
    type: "button",
    class: "copy",
    "aria-label": label,
    title: "Copy",
  });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.classList.add("done");
      say("Copied");
      setTimeout(() => button.classList.remove("done"), 1_200);
    } catch {
      say("The browser does not allow copying");
    }
  });
  return button;
}

export function say(text) {
  document.getElementById("said").textContent = text;
}

// Facts under their names; a null value leaves its row out.
export function facts(rows) {
  return el(
    "dl",
    { class: "facts" },
    rows
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))),
  );
}

// Columns are [title, kind, cell]: kind "number" is aligned right.
export function table(caption, columns, rows, nothing = "none") {
  if (!rows.length) return el("p", { class: "faint nothing" }, nothing);
  // The roles are those of the elements, which a phone's layout takes from them.
  const head = el(
    "tr",
    { role: "row" },
    columns.map(([title, kind]) =>
      el("th", { scope: "col", role: "columnheader", class: kind }, title),
    ),
  );
  const body = rows.map((row) =>
    el(
      "tr",
      { role: "row", class: row.rowClass ?? null },
      columns.map(([title, kind, cell]) =>
        el("td", { role: "cell", class: kind, "data-label": title }, cell(row)),
      ),
    ),
  );
  const made = el(
    "table",
    { role: "table" },
    el("caption", { class: "unseen" }, caption),
    el("thead", { role: "rowgroup" }, head),
    el("tbody", { role: "rowgroup" }, body),
  );
  // Each hash would be two stops of the Tab key: the arrow keys reach the copying.
  for (const button of made.querySelectorAll(".copy")) button.tabIndex = -1;
  made.addEventListener("keydown", moveInTable);
  return made;
}

// Up and down go to the same column of the row above and below, Home and End to the ends;
// left and right to the links and buttons of the row.
function moveInTable(event) {
  const row = event.target.closest("tbody tr");
  if (row === null) return;
  const stops = [...row.querySelectorAll("a, button")];
  const beside =
    stops[stops.indexOf(event.target) + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? NaN)];
  if (beside) {
    event.preventDefault();
    beside.focus();
    return;
  }
  const next = {
    ArrowDown: row.nextElementSibling,
    ArrowUp: row.previousElementSibling,
    Home: row.parentElement.firstElementChild,
    End: row.parentElement.lastElementChild,
  }[event.key];
  if (!next) return;
  const column = [...row.children].indexOf(event.target.closest("td"));
  const wanted =
    next.children[column]?.querySelector("a, button") ?? next.querySelector("a, button");
  if (wanted) {
    event.preventDefault();
    wanted.focus();
  }
}

export const section = (title, ...children) =>
  el("section", null, el("h2", null, title), ...children);

export const badge = (kind, text) => el("span", { class: `badge ${kind}` }, text);

// Data with its size; the node cuts what is long.
export function dataBlock(data) {
  if (data.size === 0) return el("span", { class: "faint" }, "empty");
  const rest = data.size - (data.data.length - 2) / 2;
  return el(
    "div",
    null,
    el("pre", { class: "data", tabindex: "0" }, data.data + (rest ? "…" : "")),
    el(
      "p",
      { class: "faint" },
      `${data.size.toLocaleString("en")} bytes`,
      rest ? `, the first ${((data.data.length - 2) / 2).toLocaleString("en")} shown` : "",
    ),
  );
}

// A page of rows and a link to the next; `load` gives the rows' element and the cursor.
export function pages(first, load) {
  const holder = el("div", { class: "pages" });
  const show = ({ node, next }) => {
    holder.append(node);
    if (next === null) return;
    const more = el("button", { type: "button", class: "more" }, "Show more");
    more.addEventListener("click", async () => {
      more.disabled = true;
      try {
        const page = await load(next);
        more.remove();
        holder.dataset.grown = "";
        show(page);
        page.node.querySelector("a, button")?.focus();
      } catch (error) {
        more.disabled = false;
        say(error.message);
        more.textContent = `Show more (${error.message})`;
      }
    });
    holder.append(more);
  };
  show(first);
  return holder;
}

// A decoded call, event or error: its name, then its values in order.
export const decoded = (found) =>
  el(
    "div",
    { class: "decoded" },
    el("p", { class: "signature" }, foreign(found.signature)),
    valueTable(found.values),
  );

export function valueTable(values) {
  if (!values.length) return el("p", { class: "faint" }, "without values");
  const name = (row) => (row.name ? foreign(row.name) : el("span", { class: "faint" }, "unnamed"));
  return table(
    "Values",
    [
      ...(values.some((row) => row.name) ? [["name", "text", name]] : []),
      ["type", "code", (row) => row.type || "hash of the value"],
      ["value", "code wide", decodedValue],
    ],
    values,
  );
}

function decodedValue(row) {
  if (row.type === "address") return address(row.value);
  if (typeof row.value === "string")
    return row.value === "" ? el("span", { class: "faint" }, "empty") : foreign(row.value);
  return foreign(valueText(row.value));
}

const valueText = (value) =>
  Array.isArray(value)
    ? `[${value.map(valueText).join(", ")}]`
    : typeof value === "string"
      ? JSON.stringify(value)
      : String(value);
