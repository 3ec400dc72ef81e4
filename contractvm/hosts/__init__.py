"""Host interfaces: what code may import, and access to its memory."""
