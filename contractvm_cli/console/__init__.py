"""`contractvm console`: Python with a chain and its contracts at hand."""
