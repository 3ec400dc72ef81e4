"""The pipeline from the bytes of a module to a metered run."""
