"""The world state: accounts and their storage, behind one root hash."""
