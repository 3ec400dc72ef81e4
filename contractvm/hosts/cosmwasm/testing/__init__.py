"""The stand-ins for a chain that cosmwasm-vm and wasmvm test with."""
