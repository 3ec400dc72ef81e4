"""JSON forms of transactions, receipts, blocks and proofs."""
