"""Hostile texts: values of JSON, TOML and other texts replaced where they stand.

A seed is looked at once; each mutant is then made by cutting, so that it takes
microseconds.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

from tools.fuzz.damaged import DAMAGES

LONG = "9" * 5_000
MAX_REPEATED = 100_000
TEXTS = (
    *("", "0x", "0x0", "0x00", "0X1", "0x1_0", "1_000", "\uff11\uff12", " 0x1", "0x1 "),
    *("\\ud800", "\\u0000", "\\udfff\\ud800", "0x" + "f" * 5_000, LONG, "-1", "1e999"),
    *("NaN", "true", "null", "0xzz", "0x123", "0x" + "00" * 20, "0x" + "11" * 32),
    *(
        "0x" + "f" * 64,
        "a" * 70_000,
        "../../etc/passwd",
        "/dev/zero",
        "\\n",
        "\U0001f600",
    ),
)
JSON_TOKENS = (
    *(f'"{text}"' for text in TEXTS),
    *("NaN", "Infinity", "-Infinity", "1e999999999", "1E-999999999", LONG, "-" + LONG),
    *("0", "-0", "-1", "1", "1.0", "1.5", "true", "false", "null", "[]", "{}", "[[]]"),
    *(
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775808",
        str(2**256),
    ),
    *(
        "[" * 12 + "]" * 12,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
    ),
    *(
        '{"a":1,"a":2}',
        "[" + "0," * 3_000 + "0]",
        "[" + "{}," * 3_000 + "{}]",
        "nul",
        "'a'",
    ),
    *("\ufeff1", "1_000", "0x1", "01", "+1", "\x00", '"\x00"', '"', "//", "\xff"),
)
TOML_TOKENS = (
    *(f'"{text}"' for text in TEXTS),
    *("0x" + "f" * 5_000, LONG, "-" + LONG, "1_0" * 2_000, "inf", "nan", "1e999999999"),
    *("0", "-0", "-1", "+1", "2147483647", "2147483648", "1_000", "1__0", "0o7", "0b1"),
    *(
        "true",
        "false",
        "1.5",
        "[]",
        "{}",
        "[[1]]",
        "1979-05-27",
        "07:32:00",
        "2020-13-45",
    ),
    *("[" * 40 + "]" * 40, "{a=" * 40 + "1" + "}" * 40, "[" * 900 + "]" * 900),
    *(
        "{" + ".".join("a" * 900) + "=1}",
        '"""a\nb"""',
        "'''",
        '"',
        "",
        "1 1",
        "\x00",
        "\ufeff",
    ),
)
TOML_KEYS = (
    *("", '""', '"\\u0000"', ".".join("a" * 900), "a b", "[x"),
    *("=", "\uff11", '"a".b'),
)
WAT_TOKENS = (
    *(
        "(",
        ")",
        "((",
        "))",
        "(" * 3_000,
        ")" * 3_000,
        '"',
        '"\\ff"',
        '"\\u{d800}"',
        "$",
        "$x",
    ),
    *(
        "(;",
        ";)",
        ";;",
        "0x",
        "nan:0x1",
        LONG,
        "-1",
        "4294967296",
        "inf",
        "0x1p999999999",
    ),
    *(
        "1e999999999",
        "i32",
        "func",
        "memory",
        "data",
        "v128",
        "\x00",
        "\ufeff",
        "\u202e",
    ),
    *(
        "(block " * 800,
        "(module",
        "(type 4294967295)",
        "(local " + "i32 " * 9_000 + ")",
    ),
)
JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
TOML_LINE = re.compile(r"^([^=#\n\[]+?)\s*=\s*([^\n]*)$", re.MULTILINE)
WAT_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+')

Span = tuple[int, int]
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Spans:
    """Where the values, the keys and the members (key with value, item) stand."""

    values: tuple[Span, ...]
    keys: tuple[Span, ...]
    members: tuple[Span, ...]


@lru_cache(256)
def json_spans(text: str) -> Spans:
    """The places in a JSON text."""
    values: list[Span] = []
    keys: list[Span] = []
    members: list[Span] = []
    # The lists and objects that are open: where each begins, and its present key.
    opened: list[tuple[int, int | None]] = []
    key: int | None = None
    tokens = list(JSON_TOKEN.finditer(text))
    for token, follower in pairwise([*tokens, None]):
        start, end = token.span() if token else (0, 0)
        kind = token[0] if token else ""
        if kind in "[{":
            opened.append((start, key))
            key = None
        elif follower and follower[0] == ":":
            keys.append((start, end))
            key = start
        elif kind not in ",:":
            if kind in "]}":
                start, key = opened.pop()
            values.append((start, end))
            members.append((start if key is None else key, end))
            key = None
    return Spans(tuple(values), tuple(keys), tuple(members))


@lru_cache(64)
def toml_spans(text: str) -> Spans:
    """The places in a TOML text."""
    found = list(TOML_LINE.finditer(text))
    return Spans(
        tuple(line.span(2) for line in found),
        tuple(line.span(1) for line in found),
        tuple(line.span() for line in found),
    )


@lru_cache(64)
def wat_spans(text: str) -> Spans:
    """The places in a module's text."""
    tokens = tuple(token.span() for token in WAT_TOKEN.finditer(text))
    return Spans(tokens, tokens, tokens)


@dataclass(frozen=True)
class Language:
    """What a text is made of, and what of that a stranger could write instead."""

    spans: Callable[[str], Spans]
    values: Sequence[str]
    keys: Sequence[str]
    between: str


JSON = Language(json_spans, JSON_TOKENS, [f'"{text}"' for text in TEXTS], ",")
TOML = Language(toml_spans, TOML_TOKENS, TOML_KEYS, "\n")
WAT = Language(wat_spans, WAT_TOKENS, WAT_TOKENS, " ")


def damaged_text(
    language: Language, text: str, random: Random, others: Sequence[str]
) -> str:
    """A mutant of `text`; some get parts of the other seeds."""
    spans = language.spans(text)
    edits: list[Edit] = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        edits.append(_edit(language, text, spans, random, others))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _edit(
    language: Language,
    text: str,
    spans: Spans,
    random: Random,
    others: Sequence[str],
) -> Edit:
    kind = random.randrange(20)
    if kind < 10 or not spans.keys:
        return *random.choice(spans.values), random.choice(language.values)
    if kind < 12:
        return *random.choice(spans.keys), random.choice(language.keys)
    if kind < 14:
        other = random.choice(others)
        start, end = random.choice(language.spans(other).values)
        return *random.choice(spans.values), other[start:end]
    start, end = random.choice(spans.members)
    if kind < 16:
        repeats = random.choice((1, 1, 1, 5, 500))
        return (
            end,
            end,
            (language.between + text[start:end])
            * min(repeats, 1 + 100_000 // (end - start + 1)),
        )
    if kind < 18:
        rest = text[end : end + 1]
        return start, end + (rest == language.between), ""
    place = random.randrange(start, end)
    return place, place + 1, chr(random.choice((48, 49, 57, 102, 0, 34, 255, 0xD800)))


def as_bytes(text: str) -> bytes:
    """In UTF-8, as far as the text is one."""
    return text.encode("utf-8", "surrogatepass")


def damaged_bytes(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Flipped, cut, repeated; or the beginning of one seed with the end of another."""
    if others and random.random() < 0.15:
        other = random.choice(others)
        return (
            data[: random.randrange(len(data) + 1)]
            + other[random.randrange(len(other) + 1) :]
        )
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if len(data) > 8:
            data = random.choice(DAMAGES)(data, random)
    return data
