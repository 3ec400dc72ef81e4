"""The output of `contractvm gas`: tables, documents and pictures."""
