// viem 2 as a client.
import {
  abi, bytecode, calls, dead, done, fails, firstKey, packages, same, signature, url,
  webSocketUrl,
} from "./common.mjs";

const viem = packages("viem");
const { privateKeyToAccount } = packages("viem/accounts");
const { foundry } = packages("viem/chains");

const account = privateKeyToAccount(firstKey);
const options = { chain: foundry, transport: viem.http(url), pollingInterval: 50 };
const reader = viem.createPublicClient(options);
const wallet = viem.createWalletClient({ ...options, account });
const control = viem.createTestClient({ ...options, mode: "anvil" });
const mined = (hash) => reader.waitForTransactionReceipt({ hash });

const created = await mined(await wallet.deployContract({ abi, bytecode }));
const address = created.contractAddress;
const read = (functionName, more = {}) =>
  reader.readContract({ address, abi, functionName, ...more });
const write = (functionName, args = [], more = {}) =>
  wallet.writeContract({ address, abi, functionName, args, ...more });
same(await read("get"), 42n);
const receipt = await mined(await write("set", [7n]));
same([receipt.status, receipt.type], ["success", "eip1559"]);
same(await read("get"), 7n);
same(await read("get", { blockNumber: 1n }), 42n);
const transfer = { to: dead, value: 1n };
for (const [type, more] of [
  ["legacy", { gasPrice: 3000000000n }],
  ["eip2930", { gasPrice: 3000000000n, accessList: [] }],
  ["eip1559", {}],
]) {
  same((await mined(await wallet.sendTransaction({ ...transfer, type, ...more }))).type,
    type);
}
same(await reader.getBalance({ address: dead }), 3n);
const history = await reader.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] });
same(history.baseFeePerGas.length, 3);
const logs = await reader.getLogs({ address, fromBlock: 0n });
same(logs.map((log) => log.topics[0]), [signature, signature]);

const named = (name) => (error) => error.walk((cause) => cause.name === name) !== null;
await fails(
  reader.call({ to: address, data: calls.fail }), named("ExecutionRevertedError"),
);
await fails(wallet.sendTransaction({ ...transfer, nonce: 0 }), named("NonceTooLowError"));
await fails(
  wallet.sendTransaction({ ...transfer, value: 10n ** 30n, gas: 21000n }),
  named("InsufficientFundsError"),
);
await fails(
  wallet.sendTransaction({ ...transfer, gas: 20000n }), named("IntrinsicGasTooLowError"),
);
await fails(
  wallet.sendTransaction({
    ...transfer, gas: 21000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n,
  }),
  named("FeeCapTooLowError"),
);

const id = await control.snapshot();
await control.impersonateAccount({ address: dead });
await control.setBalance({ address: dead, value: 10n ** 18n });
const stranger = viem.createWalletClient({ ...options, account: dead });
await mined(await stranger.writeContract({ address, abi, functionName: "increment" }));
same(await read("get"), 8n);
const before = (await reader.getBlock()).timestamp;
await control.increaseTime({ seconds: 1000 });
await control.mine({ blocks: 2 });
same((await reader.getBlock()).timestamp, before + 1002n);
await control.setStorageAt({
  address, index: 0, value: viem.numberToHex(99n, { size: 32 }),
});
same(await read("get"), 99n);
await control.revert({ id });
same(await read("get"), 7n);
const overridden = await reader.call({
  to: address, data: "0x6d4ce63c",
  stateOverride: [{
    address,
    stateDiff: [{
      slot: viem.numberToHex(0, { size: 32 }), value: viem.numberToHex(5n, { size: 32 }),
    }],
  }],
});
same(BigInt(overridden.data), 5n);

const socket = viem.createPublicClient({
  chain: foundry, transport: viem.webSocket(webSocketUrl),
});
const heads = [];
const events = [];
const stopHeads = socket.watchBlocks({ onBlock: (block) => heads.push(block.number) });
const stopEvents = socket.watchEvent({ address, onLogs: (some) => events.push(...some) });
await new Promise((resolve) => setTimeout(resolve, 500));
const hash = await write("set", [9n]);
await mined(hash);
await new Promise((resolve) => setTimeout(resolve, 500));
same(events.map((log) => log.transactionHash), [hash]);
same(heads.at(-1), await reader.getBlockNumber());
stopHeads();
stopEvents();
done();
