"""Structure (spec chapter 2): types, the opcode table, the decoded module."""
