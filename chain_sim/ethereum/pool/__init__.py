"""The pool: transactions that wait for a block, and which of them come first."""
