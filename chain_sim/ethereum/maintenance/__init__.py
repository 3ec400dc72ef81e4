"""Looking after a chain's database: checking, measuring, clearing out, saving."""
