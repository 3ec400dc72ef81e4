"""Cases, and how they are run."""
