"""From the bytes of a module to a metered run."""
