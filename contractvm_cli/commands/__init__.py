"""The verbs, one module for each or for a few related ones."""
