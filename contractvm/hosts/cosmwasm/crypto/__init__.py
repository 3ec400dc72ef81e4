"""The signature schemes that contracts can call, by the rules of their chains."""
