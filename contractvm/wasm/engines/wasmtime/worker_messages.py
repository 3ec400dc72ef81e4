"""Messages between the compiler's process and those that ask it."""

from struct import Struct

# The module's bytes; memory in bytes and processor seconds for compiling it.
REQUEST = Struct("<QQQ")
# COMPILED or REFUSED, and the bytes that follow.
ANSWER = Struct("<BQ")
COMPILED, REFUSED = 0, 1
