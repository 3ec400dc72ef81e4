"""The world state: accounts and their storage, under one root hash."""
