"""Extism's ABI: plugins that keep input, output and answers in memory of the host."""
