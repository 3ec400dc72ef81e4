"""The server: HTTP and WebSocket on one port, and one thread that has the chain."""
