// A project of Hardhat 3 that uses the node as its network.
import ethers from "@nomicfoundation/hardhat-ethers";
import helpers from "@nomicfoundation/hardhat-network-helpers";
import viem from "@nomicfoundation/hardhat-viem";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  plugins: [ethers, helpers, viem],
  networks: { contractvm: { type: "http", url: process.env.NODE_URL } },
});
