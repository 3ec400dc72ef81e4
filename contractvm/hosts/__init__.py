"""What a contract can ask for: the host interfaces and the access to its memory."""
