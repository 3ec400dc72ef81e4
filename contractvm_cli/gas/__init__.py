"""What `contractvm gas` makes of a gas report: tables, documents and pictures."""
