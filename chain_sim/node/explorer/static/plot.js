// The plot of gas by block, drawn by uPlot.

import { el } from "./dom.js";
import { count, grouped } from "./format.js";

const HEIGHT = 150;

export function gasPlot(history) {
  const holder = el("div", { class: "plot" });
  if (history.numbers.length < 2 || !globalThis.uPlot) {
    return el("p", { class: "faint nothing" }, "a plot needs two blocks");
  }
  const largest = Math.max(...history.gasUsed);
  holder.tabIndex = 0;
  holder.setAttribute("role", "img");
  holder.setAttribute(
    "aria-label",
    `Gas used by the blocks ${history.numbers[0]} to ${history.numbers.at(-1)}: at most ${grouped(largest)}`,
  );
  const probe = el("span", { hidden: true });
  const colour = (name) => {
    holder.append(probe);
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const axis = () => ({
    stroke: colour("--faint"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  });
  let plot = null,
    chosen = null;
  const about = el("p", { class: "faint keys", "aria-live": "polite" });
  const tell = (place) => {
    chosen = place ?? null;
    about.textContent = chosen === null ? usage : describe(chosen);
  };
  const usage =
    `The newest ${history.numbers.length} blocks. Drag to zoom, double-click for all;` +
    " arrow keys move, Enter opens the block.";
  const describe = (place) =>
    `Block ${grouped(history.numbers[place])}: ${grouped(history.gasUsed[place])} gas,` +
    ` ${count(history.transactions[place], "transaction")}.`;
  tell(null);
  const draw = () => {
    plot?.destroy();
    plot = new globalThis.uPlot(
      {
        width: Math.max(holder.clientWidth, 200),
        height: HEIGHT,
        scales: {
          x: { time: false },
          y: { range: (_, __, high) => [0, Math.max(high, 1) * 1.1] },
        },
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false } },
        hooks: { setCursor: [(self) => tell(self.cursor.idx)] },
        axes: [
          {
            ...axis(),
            values: (_, ticks) =>
              ticks.map((tick) => (Number.isInteger(tick) ? grouped(tick) : "")),
          },
          { ...axis(), size: 70, values: (_, ticks) => ticks.map((tick) => compact(tick)) },
        ],
        series: [
          {},
          {
            stroke: colour("--accent"),
            fill: colour("--accent-wash"),
            width: 1.5,
            points: { show: history.numbers.length < 60, size: 5 },
          },
        ],
      },
      [history.numbers, history.gasUsed],
      holder,
    );
  };
  let width = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth !== width) {
      width = holder.clientWidth;
      draw();
    }
  }).observe(holder);
  document.addEventListener("themechange", () => holder.isConnected && draw());
  holder.addEventListener("keydown", (event) => {
    const last = history.numbers.length - 1;
    const next = {
      ArrowLeft: (chosen ?? last + 1) - 1,
      ArrowRight: (chosen ?? -1) + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Enter" && chosen !== null)
      location.hash = `/block/${history.numbers[chosen]}`;
    if (next === undefined || !plot) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(last, next));
    plot.setCursor({ left: plot.valToPos(history.numbers[place], "x"), top: 1 });
    tell(place);
  });
  return el("div", null, holder, about);
}

const compact = (number) =>
  number >= 1e6 ? `${number / 1e6} M` : number >= 1e3 ? `${number / 1e3} k` : String(number);
