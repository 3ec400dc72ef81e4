"""A reader of DWARF line tables, with bounded work on any bytes."""
