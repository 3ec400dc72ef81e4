// Routes, search, theme, and what happens when a block is made.

import { abisView } from "./abis.js";
import { accountView } from "./account.js";
import { blockView, blocksView, branchesView, overviewView } from "./blocks.js";
import { el, foreign, path, say, visible } from "./dom.js";
import { compareView } from "./gas.js";
import { ask, followHeads, recorded } from "./rpc.js";
import { transactionView, transactionsView } from "./transaction.js";

const VIEWS = {
  "": overviewView,
  blocks: blocksView,
  block: blockView,
  transactions: () => transactionsView(),
  tx: transactionView,
  address: accountView,
  branches: branchesView,
  abis: abisView,
  compare: compareView,
};
const SEARCH_DELAY_MS = 150;
const LOOK_AGAIN_MS = 2_000;

const main = document.getElementById("main");
const found = document.getElementById("found");
const searchForm = document.querySelector("form.search");
const searchInput = searchForm.elements.text;
let shown = { route: null, isLive: false };
let turn = 0;

function currentRoute() {
  return location.hash.replace(/^#/, "") || recorded?.route || "/";
}

async function show({ isRefresh = false } = {}) {
  const route = currentRoute(),
    mine = ++turn;
  if (!isRefresh) main.setAttribute("aria-busy", "true");
  let view;
  try {
    const [name, ...rest] = route.split("/").slice(1).map(decodeURIComponent);
    const make = Object.hasOwn(VIEWS, name) ? VIEWS[name] : null;
    if (make === null) throw new Error("There is no such page.");
    view = await make(...rest.filter((part) => part !== ""));
  } catch (error) {
    if (isRefresh) return;
    view = failed(error);
  }
  if (mine !== turn) return;
  const focused =
    isRefresh && main.contains(document.activeElement) ? document.activeElement : null;
  main.removeAttribute("aria-busy");
  main.replaceChildren(...view.nodes.flat().filter(Boolean));
  document.title = `${visible(view.title)} - contractvm explorer`;
  for (const one of document.querySelectorAll(".sections a")) {
    if (`#${route}`.startsWith(one.getAttribute("href"))) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  if (focused) restoreFocus(focused);
  else if (!isRefresh && shown.route !== null && shown.route !== route) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
    say(view.title);
  }
  shown = { route, isLive: view.isLive === true };
}

function failed(error) {
  return {
    title: "Not found",
    nodes: [
      el("h1", null, "That cannot be shown"),
      el("p", { class: "failure" }, foreign(error.message)),
    ],
  };
}

// After a refresh the same link has the focus again.
function restoreFocus(element) {
  const wanted = element.getAttribute("href") ?? element.getAttribute("aria-label");
  const twin = [...main.querySelectorAll("a, button")].find(
    (one) =>
      wanted !== null && wanted === (one.getAttribute("href") ?? one.getAttribute("aria-label")),
  );
  (twin ?? main).focus({ preventScroll: true });
}

// Search: results as one types; arrows move among them.

let searchTurn = 0;

async function search() {
  const mine = ++searchTurn;
  const text = searchInput.value.trim();
  const results = text === "" ? [] : await ask("search", text).catch(() => []);
  if (mine !== searchTurn) return results;
  found.replaceChildren(
    ...results.map((one) =>
      el(
        "li",
        null,
        el(
          "a",
          { href: `#${routeOf(one)}`, click: closeSearch },
          el("span", { class: "kind" }, one.kind),
          " ",
          el("span", { class: "hash-target" }, String(one.target)),
          " ",
          el("span", { class: "faint" }, foreign(one.label)),
        ),
      ),
    ),
  );
  if (text !== "" && !results.length) found.append(el("li", { class: "faint" }, "Nothing found."));
  found.hidden = text === "";
  return results;
}

const routeOf = ({ kind, target }) => path({ transaction: "tx" }[kind] ?? kind, target);

function closeSearch() {
  searchTurn += 1;
  found.hidden = true;
  searchInput.value = "";
}

function setUpSearch() {
  let timer = 0;
  searchInput.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, SEARCH_DELAY_MS);
  });
  searchForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const [first] = await search();
    if (first === undefined) return;
    closeSearch();
    location.hash = routeOf(first);
  });
  searchForm.addEventListener("keydown", (event) => {
    const links = [searchInput, ...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      closeSearch();
      main.focus({ preventScroll: true });
    } else if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp") links[Math.max(at - 1, 0)].focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!searchForm.contains(event.target)) found.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      searchInput.focus();
    }
  });
}

// Themes: the system's, until one is chosen.

function setUpTheme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const apply = (theme) => {
    const isDark = theme === null ? system.matches : theme === "dark";
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    button.textContent = isDark ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark ? "Use light colours" : "Use dark colours");
    document.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", next);
    } catch {
      /* it lasts as long as the page */
    }
    apply(next);
  });
  system.addEventListener("change", () => apply(stored()));
  apply(stored());
}

// New blocks: many in a row make one refresh. That the chain has gone back, or to
// another branch, nothing tells: the page asks.

function setUpLive() {
  const live = document.getElementById("live");
  let isWaiting = false;
  const onHead = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(async () => {
      isWaiting = false;
      // A list that was made longer stays as it is.
      if (shown.isLive && main.querySelector("[data-grown]") === null)
        await show({ isRefresh: true });
    }, 100);
  };
  followHeads(onHead, (state) => {
    live.textContent = state;
    live.dataset.state = state;
  });
  let seen = null;
  setInterval(async () => {
    if (document.hidden || live.dataset.state !== "live") return;
    const { head, branch } = await ask("getOverview").catch(() => ({ head: null }));
    const now = head && `${head.hash} ${branch}`;
    if (now !== null && seen !== null && now !== seen) onHead();
    seen = now;
  }, LOOK_AGAIN_MS);
}

setUpTheme();
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => show());
if (recorded === null) {
  setUpSearch();
  setUpLive();
}
show();
