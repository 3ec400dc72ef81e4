"""What the host interfaces of Ethereum-style chains share."""
