// The flame graph: frames as wide as their gas, callers above their callees.

import { el, svg, visible } from "./dom.js";
import { gasOf, share } from "./format.js";

const ROW = 22,
  GAP = 1,
  PADDING = 5,
  LETTER = 6.7,
  NARROWEST = 0.4;
const KINDS = {
  transaction: "transaction",
  message: "message call",
  func: "Wasm func",
  host: "host function",
  cost: "other cost",
};

// Rows `[level, kind, name, units]`, callers before callees, as frames of a tree.
function framesOf(rows) {
  const frames = [],
    above = [];
  for (const [level, kind, name, units] of rows) {
    const parent = level ? above[level - 1] : null;
    const before = parent ? parent.placed : 0;
    const frame = {
      level,
      kind,
      name,
      units,
      size: Number(units),
      parent,
      children: [],
      placed: 0,
      before,
    };
    frame.start = (parent ? parent.start : 0) + before;
    if (parent) {
      parent.children.push(frame);
      parent.placed += frame.size;
    }
    above[level] = frame;
    frames.push(frame);
  }
  return frames;
}

export function flameGraph(report) {
  const frames = framesOf(report.frames);
  if (!frames.length) return el("p", { class: "faint nothing" }, "no gas was charged");
  const root = frames[0];
  let zoomed = root,
    current = root;
  const about = el("p", { class: "flame-about", "aria-live": "polite" });
  const drawing = svg("svg", { class: "flame", role: "tree", "aria-label": "Flame graph of gas" });
  const holder = el("div", { class: "flame-holder" }, drawing);
  const reset = el(
    "button",
    { type: "button", class: "quiet", click: () => zoom(root) },
    "Whole graph",
  );

  function tell(frame) {
    const parts = [`${gasOf(frame.units, report)} gas`, `${share(frame.units, root.units)} of all`];
    if (frame.parent) parts.push(`${share(frame.units, frame.parent.units)} of its caller`);
    about.replaceChildren(
      el("strong", null, el("bdi", null, visible(frame.name))),
      ` ${KINDS[frame.kind]}, ${parts.join(", ")}`,
    );
  }

  function choose(frame, focuses) {
    current.box?.setAttribute("tabindex", "-1");
    current = frame;
    tell(frame);
    frame.box?.setAttribute("tabindex", "0");
    if (focuses && frame.box) {
      frame.box.focus({ preventScroll: true });
      frame.box.scrollIntoView({ block: "nearest" });
    }
  }

  function zoom(frame) {
    zoomed = frame;
    current = frame;
    reset.hidden = frame === root;
    const hadFocus = holder.contains(document.activeElement) || document.activeElement === reset;
    draw();
    choose(frame, hadFocus);
  }

  function draw() {
    const width = Math.max(holder.clientWidth, 280);
    const shown = frames.filter((frame) => isAround(frame, zoomed));
    const levels = 1 + Math.max(...shown.map((frame) => frame.level));
    drawing.setAttribute("viewBox", `0 0 ${width} ${levels * ROW}`);
    drawing.setAttribute("width", width);
    drawing.setAttribute("height", levels * ROW);
    for (const frame of frames) frame.box = null;
    const boxes = [];
    for (const frame of shown) {
      const isAbove = frame.level < zoomed.level;
      const x = isAbove ? 0 : ((frame.start - zoomed.start) / zoomed.size) * width;
      const size = isAbove ? width : (frame.size / zoomed.size) * width;
      if (size >= NARROWEST) boxes.push(boxOf(frame, x, size, isAbove));
    }
    drawing.replaceChildren(...boxes);
  }

  function boxOf(frame, x, size, isAbove) {
    const name = visible(frame.name),
      gas = gasOf(frame.units, report);
    const letters = Math.floor((size - 2 * PADDING) / LETTER);
    const full = `${name}  ${gas}`;
    const label =
      full.length <= letters
        ? full
        : letters < 3
          ? ""
          : name.length <= letters
            ? name
            : `${name.slice(0, letters - 1)}…`;
    frame.box = svg(
      "g",
      {
        class: `frame ${frame.kind}${isAbove ? " above" : ""}`,
        role: "treeitem",
        tabindex: frame === current ? "0" : "-1",
        "aria-level": frame.level + 1,
        "aria-label": `${name}, ${KINDS[frame.kind]}, ${gas} gas, ${share(frame.units, root.units)}`,
        click: () => {
          choose(frame, true);
          zoom(frame);
        },
        focus: () => choose(frame, false),
        mouseenter: () => tell(frame),
        mouseleave: () => tell(current),
      },
      svg("rect", {
        x,
        y: frame.level * ROW,
        width: Math.max(size - GAP, 0.3),
        height: ROW - GAP,
        rx: 2,
      }),
      label && svg("text", { x: x + PADDING, y: frame.level * ROW + 15 }, label),
    );
    return frame.box;
  }

  const steps = {
    ArrowDown: (frame) => frame.children.find((child) => child.box),
    ArrowUp: (frame) => frame.parent,
    ArrowRight: (frame) => beside(frame, 1),
    ArrowLeft: (frame) => beside(frame, -1),
    Home: () => zoomed,
  };
  drawing.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") zoom(current);
    else if (event.key === "Escape") zoom(root);
    else if (event.key in steps) {
      const next = steps[event.key](current);
      if (next?.box) choose(next, true);
    } else return;
    event.preventDefault();
  });

  tell(root);
  reset.hidden = true;
  let width = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth !== width) {
      width = holder.clientWidth;
      draw();
    }
  }).observe(holder);
  const used = new Set(frames.map((frame) => frame.kind));
  const legend = el(
    "ul",
    { class: "legend" },
    Object.entries(KINDS)
      .filter(([kind]) => used.has(kind))
      .map(([kind, title]) => el("li", { class: kind }, title)),
  );
  return el(
    "div",
    { class: "flame-graph" },
    el("div", { class: "flame-head" }, legend, reset),
    holder,
    about,
    el(
      "p",
      { class: "faint keys" },
      "Arrow keys move between frames, Enter zooms, Escape shows all.",
    ),
  );
}

// The frame itself, what it calls, and its callers.
function isAround(frame, zoomed) {
  const [inner, outer] = frame.level >= zoomed.level ? [frame, zoomed] : [zoomed, frame];
  let one = inner;
  while (one.level > outer.level) one = one.parent;
  return one === outer;
}

function beside(frame, step) {
  const row = frame.parent?.children.filter((child) => child.box) ?? [];
  return row[row.indexOf(frame) + step];
}
