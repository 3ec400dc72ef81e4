"""The Solidity ABI: types, values and signatures."""
