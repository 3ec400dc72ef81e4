// Hardhat 2 as a client: deploy, send, read, logs, snapshot, time, impersonation.
const assert = require("node:assert/strict");
const { ethers, network } = require("hardhat");

const abi = [
  "function get() view returns (uint256)",
  "function set(uint256)",
  "function increment()",
];
const dead = "0x000000000000000000000000000000000000dEaD";

async function main() {
  const [signer] = await ethers.getSigners();
  const factory = new ethers.ContractFactory(abi, process.env.PROBE_CODE, signer);
  const contract = await factory.deploy();
  await contract.waitForDeployment();
  const address = await contract.getAddress();
  assert.equal(await contract.get(), 42n);
  await (await contract.set(7n)).wait();
  assert.equal(await contract.get(), 7n);
  const logs = await ethers.provider.getLogs({ address, fromBlock: 0 });
  assert.equal(logs.length, 2);
  const request = (method, ...params) => network.provider.send(method, params);
  const snapshot = await request("evm_snapshot");
  await request("hardhat_setBalance", dead, "0xde0b6b3a7640000");
  const stranger = await ethers.getImpersonatedSigner(dead);
  await (await contract.connect(stranger).increment()).wait();
  assert.equal(await contract.get(), 8n);
  const before = (await ethers.provider.getBlock("latest")).timestamp;
  await request("evm_increaseTime", 100);
  await request("evm_mine");
  assert.equal((await ethers.provider.getBlock("latest")).timestamp, before + 101);
  assert.equal(await request("evm_revert", snapshot), true);
  assert.equal(await contract.get(), 7n);
  await assert.rejects(
    ethers.provider.call({ to: address, data: "0xa9cc4718" }), /nope/,
  );
  console.log("10 checks");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
