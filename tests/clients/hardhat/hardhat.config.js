// A project of Hardhat 2 that uses the node as its network.
require("@nomicfoundation/hardhat-ethers");

module.exports = {
  solidity: "0.8.28",
  networks: { node: { url: process.env.NODE_URL } },
};
