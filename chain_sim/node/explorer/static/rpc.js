// Questions to the node: JSON-RPC over HTTP, and new blocks over WebSocket.

const NUMBER_OR_TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

// Where lists that are in the order of hashes begin.
export const FIRST_HASH = `0x${"0".repeat(64)}`;

const TIMEOUT_MS = 60_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000];

// A file written by `contractvm view` has its answers in it, and asks nobody.
const holder = document.getElementById("recorded");
export const recorded = holder === null ? null : parseExact(holder.textContent);

class Refused extends Error {}

// As JSON.parse, but integers that a double cannot hold are BigInts.
export function parseExact(text) {
  const marked = text.replace(NUMBER_OR_TEXT, (token) =>
    LONG_INTEGER.test(token) ? `{"$integer":"${token}"}` : token,
  );
  return JSON.parse(marked, (_, value) =>
    value !== null && typeof value === "object" && typeof value.$integer === "string"
      ? BigInt(value.$integer)
      : value,
  );
}

export async function ask(method, ...params) {
  if (recorded !== null) return recordedAnswer(method, params);
  let response;
  try {
    response = await fetch("/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: `contractvm_${method}`, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Refused(
      error.name === "TimeoutError"
        ? "the node did not answer within a minute"
        : "the node does not answer",
    );
  }
  const text = await response.text();
  let answer;
  try {
    answer = parseExact(text);
  } catch {
    throw new Refused(`the node answered ${response.status}, which is no JSON-RPC`);
  }
  if (answer.error) throw new Refused(answer.error.message);
  return answer.result;
}

function recordedAnswer(method, params) {
  const key = JSON.stringify([method, ...params]);
  const answer = Object.hasOwn(recorded.answers, key) ? recorded.answers[key] : null;
  if (answer === null) throw new Refused("this file holds one transaction only");
  return answer;
}

// Calls `onHead` for each new block, and `onState` with "live" or "offline".
export function followHeads(onHead, onState) {
  let failures = 0;
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/`);
    socket.addEventListener("open", () => {
      const request = { jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] };
      socket.send(JSON.stringify(request));
    });
    socket.addEventListener("message", (event) => {
      const message = parseExact(event.data);
      if (message.id === 1) {
        onState("live");
        if (failures) onHead();
        failures = 0;
      } else if (message.method === "eth_subscription") {
        onHead();
      }
    });
    socket.addEventListener("close", () => {
      onState("offline");
      setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    });
  };
  connect();
}
