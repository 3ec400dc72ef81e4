"""Cases, and how one is run."""
