"""A chain that another process has, over JSON-RPC."""
