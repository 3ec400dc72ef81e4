"""What the outcome of a case means."""
