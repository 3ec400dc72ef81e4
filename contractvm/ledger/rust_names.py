"""Names of Rust's funcs as people write them: `counter::inner_oob`."""

import re

# The older of Rust's two manglings: lengths and parts, and a hash at the end.
MANGLED = re.compile(r"_?_ZN(.*)E")
LENGTH = re.compile(r"[1-9][0-9]{0,3}")
HASH = re.compile(r"h[0-9a-f]{16}")
ESCAPES = {
    "$LT$": "<",
    "$GT$": ">",
    "$LP$": "(",
    "$RP$": ")",
    "$C$": ",",
    "$RF$": "&",
    "$BP$": "*",
    "$u20$": " ",
    "$u7b$": "{",
    "$u7d$": "}",
    "..": "::",
}


def readable_name(name: str) -> str:
    """The path that a mangled name stands for; any other name as it is."""
    found = MANGLED.fullmatch(name)
    parts = None if found is None else read_parts(found[1])
    if not parts:
        return name
    if HASH.fullmatch(parts[-1]):
        parts.pop()
    # A part that begins with an escape has an underscore before it.
    path = "::".join(re.sub(r"^_\$", "$", part) for part in parts)
    for escape, text in ESCAPES.items():
        path = path.replace(escape, text)
    return path or name


def read_parts(text: str) -> list[str] | None:
    """The parts, each with its length before it; None for another form."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        length = LENGTH.match(text, position)
        if length is None:
            return None
        position = length.end() + int(length[0])
        if position > len(text):
            return None
        parts.append(text[length.end() : position])
    return parts
