"""Builds of contracts: source files in several languages to modules and artefacts."""
