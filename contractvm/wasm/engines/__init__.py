"""The interface of all engines, and what they share."""
