"""The pytest plugin behind its hooks: the chain of a session, and gas files."""
