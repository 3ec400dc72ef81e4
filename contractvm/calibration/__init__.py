"""Measurement of instructions and host calls, and schedules made from it."""
