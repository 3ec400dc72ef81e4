"""Gas reports of transactions."""
