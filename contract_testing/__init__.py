"""Tests of contracts: the pytest plugin and state machines."""
