"""Measuring what instructions and host calls cost, and schedules made of it."""
