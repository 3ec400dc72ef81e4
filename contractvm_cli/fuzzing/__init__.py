"""What `contractvm fuzz` is made of: options, progress, and what it shows."""
