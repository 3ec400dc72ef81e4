// Hardhat 3 as a client, by its plugins of ethers, viem, and network helpers.
import assert from "node:assert/strict";
import { network } from "hardhat";

const { ethers, networkHelpers, provider, viem } = await network.create("contractvm");
const abi = [
  "function get() view returns (uint256)",
  "function set(uint256)",
  "function increment()",
];
const dead = "0x000000000000000000000000000000000000dEaD";
let checks = 0;

function same(actual, expected) {
  assert.deepEqual(actual, expected);
  checks += 1;
}

const [signer] = await ethers.getSigners();
const factory = new ethers.ContractFactory(abi, process.env.PROBE_CODE, signer);
const contract = await factory.deploy();
await contract.waitForDeployment();
const address = await contract.getAddress();
same(await contract.get(), 42n);
const receipt = await (await contract.set(7n)).wait();
same([receipt.status, receipt.type], [1, 2]);
same(await contract.get(), 7n);
same(await contract.get({ blockTag: 1 }), 42n);
const logs = await ethers.provider.getLogs({ address, fromBlock: 0 });
same(logs.map((log) => log.blockNumber), [1, 2]);

// The helpers take no other node than one whose name they know.
const version = await provider.request({ method: "web3_clientVersion" });
if (version.startsWith("anvil")) {
  await useHelpers();
} else {
  await assert.rejects(networkHelpers.mine(), /contractvm\//);
  checks += 1;
}
await assert.rejects(
  ethers.provider.call({ to: address, data: "0xa9cc4718" }), /nope/,
);
checks += 1;

const publicClient = await viem.getPublicClient();
const [walletClient] = await viem.getWalletClients();
const testClient = await viem.getTestClient();
const hash = await walletClient.sendTransaction({ to: dead, value: 5n });
const found = await publicClient.waitForTransactionReceipt({ hash });
same([found.status, found.type], ["success", "eip1559"]);
same(await publicClient.getBalance({ address: dead }), 5n);
const height = await publicClient.getBlockNumber();
await testClient.mine({ blocks: 2 });
same(await publicClient.getBlockNumber({ cacheTime: 0 }), height + 2n);
same(await provider.request({ method: "eth_chainId" }), "0x7a69");
console.log(`${checks} checks`);

async function useHelpers() {
  const snapshot = await networkHelpers.takeSnapshot();
  await networkHelpers.setBalance(dead, 10n ** 18n);
  await networkHelpers.impersonateAccount(dead);
  const stranger = await ethers.getSigner(dead);
  await (await contract.connect(stranger).increment()).wait();
  same(await contract.get(), 8n);
  const before = await networkHelpers.time.latest();
  await networkHelpers.time.increase(100);
  same(await networkHelpers.time.latest(), before + 100);
  await networkHelpers.time.increaseTo(before + 1000);
  same(await networkHelpers.time.latest(), before + 1000);
  await networkHelpers.time.setNextBlockTimestamp(before + 5000);
  await networkHelpers.mine(3, { interval: 12 });
  same(await networkHelpers.time.latest(), before + 5024);
  await networkHelpers.mineUpTo(20);
  same(await networkHelpers.time.latestBlock(), 20);
  await networkHelpers.setNonce(dead, 9);
  same(await ethers.provider.getTransactionCount(dead), 9);
  const word = "0x" + "05".padStart(64, "0");
  await networkHelpers.setStorageAt(address, 0, word);
  same(await networkHelpers.getStorageAt(address, 0), word);
  same(await contract.get(), 5n);
  await networkHelpers.setCode(dead, "0x1234");
  same(await ethers.provider.getCode(dead), "0x1234");
  await networkHelpers.setNextBlockBaseFeePerGas(10n ** 9n);
  await networkHelpers.mine();
  same((await ethers.provider.getBlock("latest")).baseFeePerGas, 10n ** 9n);
  await networkHelpers.setCoinbase(dead);
  await networkHelpers.setBlockGasLimit(20_000_000n);
  await networkHelpers.mine();
  const block = await ethers.provider.getBlock("latest");
  same([block.miner, block.gasLimit], [dead, 20_000_000n]);
  await networkHelpers.stopImpersonatingAccount(dead);
  await snapshot.restore();
  same(await contract.get(), 7n);
  same(await ethers.provider.getTransactionCount(dead), 0);

  async function deployedAgain() {
    const other = await factory.deploy();
    await other.waitForDeployment();
    return { other };
  }
  for (const value of [1n, 2n]) {
    const { other } = await networkHelpers.loadFixture(deployedAgain);
    same(await other.get(), 42n);
    await (await other.set(value)).wait();
  }
}
