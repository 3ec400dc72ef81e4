"""`contractvm node`: its options, its chain, what it prints, and its end."""
