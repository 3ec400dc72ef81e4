// A client of the guest service: node guest_client.mjs URL KEY MODULE.wasm <input
import { readFileSync } from "node:fs";

const [url, key, path] = process.argv.slice(2);
async function post(where, body) {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(new URL(where, url), { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
}
const { id } = await post("/modules", readFileSync(path));
const run = await post(`/modules/${id}/runs`, readFileSync(0));
console.log(run.stdout, run.outcome, run.gas);
