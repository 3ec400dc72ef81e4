// ethers 6 as a client.
import {
  abi, bytecode, calls, dead, done, fails, firstKey, packages, same, signature, url,
  webSocketUrl,
} from "./common.mjs";

const { ethers } = packages("ethers");
const provider = new ethers.JsonRpcProvider(url, undefined, {
  cacheTimeout: -1, polling: true, pollingInterval: 50,
});
const wallet = new ethers.Wallet(firstKey, provider);

const factory = new ethers.ContractFactory(abi, bytecode, wallet);
const contract = await factory.deploy();
await contract.waitForDeployment();
const address = await contract.getAddress();
same(await contract.get(), 42n);

const receipt = await (await contract.set(7n)).wait();
same([receipt.status, receipt.type], [1, 2]);
same(await contract.get(), 7n);
same(await contract.get({ blockTag: 1 }), 42n);
for (const type of [0, 1, 2]) {
  const sent = await wallet.sendTransaction({ to: dead, value: 1n, type });
  same((await sent.wait()).type, type);
}
same(await provider.getBalance(dead), 3n);
same(await contract.whoami(), wallet.address);

const logs = await provider.getLogs({ address, fromBlock: 0, topics: [signature] });
same(logs.map((log) => log.blockNumber), [1, 2]);
const block = await provider.getBlock("latest", true);
same(block.prefetchedTransactions.length, 1);
same(typeof block.baseFeePerGas, "bigint");
same((await provider.getFeeData()).maxPriorityFeePerGas, 1000000000n);

await fails(
  provider.call({ to: address, data: calls.fail }),
  (error) => error.code === "CALL_EXCEPTION" && error.reason === "nope",
);
await fails(
  provider.estimateGas({ to: address, data: calls.fail }),
  (error) => error.code === "CALL_EXCEPTION",
);
const transfer = { to: dead, value: 1n, gasLimit: 21000n };
await fails(
  wallet.sendTransaction({ ...transfer, nonce: 0 }),
  (error) => error.code === "NONCE_EXPIRED",
);
await fails(
  wallet.sendTransaction({ ...transfer, value: 10n ** 30n }),
  (error) => error.code === "INSUFFICIENT_FUNDS",
);
await provider.send("evm_setAutomine", [false]);
const nonce = await wallet.getNonce("pending");
await wallet.sendTransaction({ ...transfer, nonce });
await fails(
  wallet.sendTransaction({ ...transfer, value: 2n, nonce, maxFeePerGas: 2000000000n }),
  (error) => error.code === "REPLACEMENT_UNDERPRICED",
);
await provider.send("evm_mine", []);
await provider.send("evm_setAutomine", [true]);

const snapshot = await provider.send("evm_snapshot", []);
await provider.send("hardhat_impersonateAccount", [dead]);
await provider.send("hardhat_setBalance", [dead, "0xde0b6b3a7640000"]);
const stranger = new ethers.JsonRpcSigner(provider, dead);
await (await contract.connect(stranger).increment()).wait();
same(await contract.get(), 8n);
const before = (await provider.getBlock("latest")).timestamp;
await provider.send("evm_increaseTime", [1000]);
await provider.send("hardhat_mine", ["0x2"]);
same((await provider.getBlock("latest")).timestamp, before + 1002);
same(await provider.send("evm_revert", [snapshot]), true);
same(await contract.get(), 7n);

const socket = new ethers.WebSocketProvider(webSocketUrl);
const heads = new Promise((resolve) => socket.once("block", resolve));
const found = new Promise((resolve) => socket.once({ address }, resolve));
const pending = new Promise((resolve) => socket.once("pending", resolve));
await new Promise((resolve) => setTimeout(resolve, 300));
const sent = await contract.set(9n);
same(await heads, await provider.getBlockNumber());
same((await found).transactionHash, sent.hash);
same(await pending, sent.hash);

const filtered = new Promise((resolve) => provider.once({ address }, resolve));
await new Promise((resolve) => setTimeout(resolve, 200));
const last = await contract.set(10n);
same((await filtered).transactionHash, last.hash);
done();
