"""WASI preview 1: programs with arguments, streams, files and a clock, all virtual."""
