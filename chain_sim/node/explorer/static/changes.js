// What differs between two states, account by account.

import { address, badge, dataBlock, el, facts, foreign, hash, pages, table } from "./dom.js";
import { ether, grouped } from "./format.js";

export function accountChanges(first, load) {
  if (!first.accounts.length) return el("p", { class: "faint nothing" }, "Nothing differs.");
  const page = (answer) => ({
    node: el("div", null, answer.accounts.map(accountBlock)),
    next: answer.next,
  });
  return pages(page(first), async (next) => page(await load(next)));
}

function accountBlock(account) {
  const { before, after } = account;
  const changed = (name, show) => {
    const [old, now] = [before?.[name] ?? 0, after?.[name] ?? 0];
    return old === now
      ? null
      : el(
          "span",
          { class: "change" },
          el("del", null, show(old)),
          " → ",
          el("ins", null, show(now)),
        );
  };
  return el(
    "article",
    { class: "account" },
    el(
      "h2",
      null,
      account.address === null
        ? [el("span", { class: "faint" }, "address with hash "), hash(account.addressHash)]
        : address(account.address),
      " ",
      badge(
        account.status === "deleted" ? "bad" : account.status === "created" ? "good" : "plain",
        account.status,
      ),
    ),
    facts([
      ["Balance", changed("balance", ether)],
      ["Nonce", changed("nonce", grouped)],
      [
        "Code",
        account.changedCodes &&
          el(
            "div",
            null,
            account.changedCodes.map((code, place) =>
              el(
                "div",
                null,
                el("p", { class: "faint" }, place ? "after" : "before"),
                dataBlock(code),
              ),
            ),
          ),
      ],
    ]),
    account.slots.length > 0 &&
      table(
        "Storage slots that differ",
        [
          [
            "slot",
            "code",
            (row) =>
              row.key === null
                ? el(
                    "span",
                    null,
                    el("span", { class: "faint" }, "key with hash "),
                    hash(row.keyHash),
                  )
                : hash(row.key),
          ],
          ["before", "code", (row) => el("del", null, word(row.before))],
          ["after", "code", (row) => el("ins", null, word(row.after))],
        ],
        account.slots,
      ),
    account.slotCount > account.slots.length &&
      el(
        "p",
        { class: "faint" },
        `the first ${grouped(account.slots.length)} of ${grouped(account.slotCount)} slots`,
      ),
  );
}

// A word of storage: short where it is a small number.
export const word = (text) => {
  const number = BigInt(text);
  return number < 1n << 64n
    ? el("span", { class: "code", title: text }, foreign(grouped(number)))
    : hash(text);
};
