"""JSON as the chain's programs write and read it: compact, with their escapes."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from contractvm.nesting import check_json_nesting

# What Go's encoder escapes on top of what JSON demands.
GO_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
GO_ESCAPED = re.compile(f"[{''.join(GO_ESCAPES)}]")
MAX_DEPTH = 100


class MalformedJson(ValueError):
    """A text is not JSON, or nests deeper than a chain reads."""


def compact_json(value: object) -> str:
    """A value without blanks, keys in their order, as Rust writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def go_json(value: object) -> str:
    """The same as Go writes it: `<`, `>`, `&` and two line ends are escaped."""
    return GO_ESCAPED.sub(lambda found: GO_ESCAPES[found[0]], compact_json(value))


def parse_json(data: bytes | str) -> Any:
    """The value of a JSON text; raises MalformedJson. Fractions are Decimal."""
    try:
        text = data if isinstance(data, str) else data.decode()
        check_json_nesting(text, MAX_DEPTH)
        return json.loads(text, parse_constant=_refuse, parse_float=Decimal)
    except ValueError as error:
        raise MalformedJson(str(error)) from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
