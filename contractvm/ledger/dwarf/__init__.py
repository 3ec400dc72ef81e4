"""A reader of DWARF line tables, whose work is bounded whatever the bytes are."""
