// A Stylus program by ethers 6 and viem 2, which know nothing of Stylus.
import { done, fails, firstKey, packages, same, url } from "./common.mjs";

const { ethers } = packages("ethers");
const viem = packages("viem");
const { privateKeyToAccount } = packages("viem/accounts");

const address = process.env.PROGRAM;
const signatures = [
  "function number() view returns (uint256)",
  "function setNumber(uint256)",
  "function increment()",
];

const provider = new ethers.JsonRpcProvider(url, undefined, {
  cacheTimeout: -1, polling: true, pollingInterval: 50,
});
const wallet = new ethers.Wallet(firstKey, provider);
const contract = new ethers.Contract(address, signatures, wallet);
same((await provider.getNetwork()).chainId, 412346n);
same(await contract.number(), 0n);
const receipt = await (await contract.setNumber(7n)).wait();
same([receipt.status, receipt.type, receipt.gasPrice], [1, 2, 100000000n]);
same(receipt.logs[0].topics, [ethers.zeroPadValue(wallet.address, 32).toLowerCase()]);
await (await contract.increment()).wait();
same(await contract.number(), 8n);
same(await contract.number({ blockTag: receipt.blockNumber }), 7n);
const fees = await provider.getFeeData();
same([fees.gasPrice, fees.maxPriorityFeePerGas], [100000000n, 0n]);
await fails(
  provider.call({ to: address, data: "0xdeadbeef" }),
  (error) => error.code === "CALL_EXCEPTION" && error.data === "0xdeadbeef",
);

const chain = viem.defineChain({
  id: 412346,
  name: "local",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const options = { chain, transport: viem.http(url), pollingInterval: 50 };
const reader = viem.createPublicClient(options);
const writer = viem.createWalletClient({
  ...options, account: privateKeyToAccount(firstKey),
});
const abi = viem.parseAbi(signatures);
const read = () => reader.readContract({ address, abi, functionName: "number" });
same(await read(), 8n);
const hash = await writer.writeContract({
  address, abi, functionName: "setNumber", args: [41n],
});
const mined = await reader.waitForTransactionReceipt({ hash });
same([mined.status, mined.effectiveGasPrice], ["success", 100000000n]);
await writer.writeContract({ address, abi, functionName: "increment" });
same(await read(), 42n);
const logs = await reader.getLogs({ address, fromBlock: 0n });
same(logs.map((log) => BigInt(log.data)), [7n, 8n, 41n, 42n]);
done();
