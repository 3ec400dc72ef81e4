// The plot of gas by block, drawn by uPlot.

import { el } from "./dom.js";
import { grouped } from "./format.js";

const HEIGHT = 150;

export function gasPlot(history) {
  const holder = el("div", { class: "plot" });
  if (history.numbers.length < 2 || !globalThis.uPlot) {
    return el("p", { class: "faint nothing" }, "a plot needs two blocks");
  }
  const largest = Math.max(...history.gasUsed);
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", `Gas used by the blocks ${history.numbers[0]} to ${history.numbers.at(-1)}: at most ${grouped(largest)}`);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = () => ({ stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" });
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new globalThis.uPlot({
      width: Math.max(holder.clientWidth, 200),
      height: HEIGHT,
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.1 + 0 * low] } },
      legend: { live: true },
      cursor: { y: false, drag: { x: true, y: false } },
      axes: [
        { ...axis(), values: (_, ticks) => ticks.map((tick) => Number.isInteger(tick) ? grouped(tick) : "") },
        { ...axis(), size: 70, values: (_, ticks) => ticks.map((tick) => compact(tick)) },
      ],
      series: [
        { label: "block", value: (_, number) => number === null ? "" : grouped(number) },
        { label: "gas used", stroke: colour("--accent"), fill: colour("--accent-wash"), width: 1.5, points: { show: history.numbers.length < 60, size: 5 }, value: (_, gas) => gas === null ? "" : grouped(gas) },
      ],
    }, [history.numbers, history.gasUsed], holder);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth !== width) {
      width = holder.clientWidth;
      draw();
    }
  }).observe(holder);
  document.addEventListener("themechange", () => holder.isConnected && draw());
  return holder;
}

const compact = (number) =>
  number >= 1e6 ? `${number / 1e6} M` : number >= 1e3 ? `${number / 1e3} k` : String(number);
