"""The code of programs: packed, recognised, unpacked within limits."""

import sys

import brotli
import pytest

from contractvm.hosts.stylus.deployment import (
    Deployment,
    build_init_code,
    read_init_code,
)
from contractvm.hosts.stylus.parameters import (
    StylusParameters,
    UnknownArbOsVersion,
    parameters_of,
)
from contractvm.hosts.stylus.program_code import (
    FRAGMENT_PREFIX,
    PREFIX,
    ROOT_PREFIX,
    MalformedProgram,
    MissingBrotli,
    is_program,
    is_storable,
    pack_program,
    unpack_program,
)

LATEST = parameters_of(61)
WASM = b"\0asm\1\0\0\0" + bytes(100)


def plain(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content)
    return PREFIX + b"\0" + packed


def test_a_program_is_packed_and_unpacked() -> None:
    assert unpack_program(pack_program(WASM), LATEST) == WASM
    assert pack_program(WASM).startswith(b"\xef\xf0\0\0")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"\xef\xf0\0", "not a Stylus program"),
        (b"\xef\xf0\1\0abc", "not a Stylus program"),
        (b"\0asm\1\0\0\0", "not a Stylus program"),
        (PREFIX + b"\1abc", "dictionary-compressed program, not supported"),
        (PREFIX + b"\2abc", "unknown dictionary 2"),
        (PREFIX + b"\0" + b"\xff" * 20, "the module is not packed with brotli"),
        (PREFIX + b"\0", "the compressed module is cut off"),
        (plain(WASM)[:-1], "the compressed module is cut off"),
        (plain(WASM) + b"x", "the module is not packed with brotli"),
    ],
)
def test_what_is_no_program_is_refused_by_name(code: bytes, reason: str) -> None:
    with pytest.raises(MalformedProgram) as caught:
        unpack_program(code, LATEST)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("arbos", "most"), [(59, 131_072), (60, 262_144)])
def test_the_size_of_the_module_is_limited(arbos: int, most: int) -> None:
    parameters = parameters_of(arbos)
    assert len(unpack_program(plain(bytes(most)), parameters)) == most
    with pytest.raises(MalformedProgram) as caught:
        unpack_program(plain(bytes(most + 1)), parameters)
    assert caught.value.reason == f"the module has more than {most} bytes"


def test_no_more_is_unpacked_than_the_limit() -> None:
    # 100 megabytes of zeros in 90 bytes.
    bomb = plain(bytes(100_000_000))
    assert len(bomb) < 200
    with pytest.raises(MalformedProgram, match="more than 262144 bytes"):
        unpack_program(bomb, LATEST)


def fragments(wasm: bytes, count: int, length: int | None = None) -> dict[bytes, bytes]:
    """A program in `count` fragments, by address; the root is at b"root"."""
    packed = pack_program(wasm)[4:]
    size = -(-len(packed) // count)
    addresses = [bytes([index + 1]) * 20 for index in range(count)]
    codes = {
        address: FRAGMENT_PREFIX + packed[index * size : (index + 1) * size]
        for index, address in enumerate(addresses)
    }
    said = len(wasm) if length is None else length
    root = ROOT_PREFIX + b"\0" + said.to_bytes(4, "big") + b"".join(addresses)
    return codes | {b"root": root}


def test_fragments_are_one_stream() -> None:
    for count in (1, 2, 4):
        codes = fragments(WASM, count)
        assert unpack_program(codes[b"root"], LATEST, codes.__getitem__) == WASM


@pytest.mark.parametrize(
    ("count", "length", "reason"),
    [
        (5, None, "5 fragments, 1 to 4 allowed"),
        (2, 107, "the module has 108 bytes, its root says 107"),
    ],
)
def test_fragments_keep_to_their_root(
    count: int, length: int | None, reason: str
) -> None:
    codes = fragments(WASM, count, length)
    with pytest.raises(MalformedProgram) as caught:
        unpack_program(codes[b"root"], LATEST, codes.__getitem__)
    assert caught.value.reason == reason


def test_roots_that_are_cut_off_or_point_elsewhere() -> None:
    codes = fragments(WASM, 2)
    root = codes[b"root"]
    for code, reason in (
        (root[:-1], "the list of fragments is cut off"),
        (root[:6], "the list of fragments is cut off"),
        (root[:8], "0 fragments, 1 to 4 allowed"),
    ):
        with pytest.raises(MalformedProgram) as caught:
            unpack_program(code, LATEST, codes.__getitem__)
        assert caught.value.reason == reason
    with pytest.raises(MalformedProgram, match="a fragment is missing"):
        unpack_program(root, LATEST, lambda _: b"")
    # A root is no fragment, so none leads to itself.
    with pytest.raises(MalformedProgram, match="a fragment is missing"):
        unpack_program(root, LATEST, lambda _: root)
    with pytest.raises(MalformedProgram, match="which are on a chain"):
        unpack_program(root, LATEST)


def test_roots_exist_from_arbos_60_on() -> None:
    root = fragments(WASM, 2)[b"root"]
    assert is_program(root, parameters_of(60))
    assert not is_program(root, parameters_of(59))
    assert not is_program(FRAGMENT_PREFIX + b"abc", LATEST)
    assert is_program(PREFIX[:-1], LATEST) is False


@pytest.mark.parametrize(
    ("code", "since"),
    [
        (b"", 30),
        (b"\x60", 30),
        (b"\xef\xf0\0", 30),
        (b"\xef\xf0\1", 60),
        (b"\xef\xf0\2", 60),
        (b"\xef\xf0\3", None),
        (b"\xef", None),
        (b"\xef\0\0", None),
    ],
)
def test_what_begins_with_ef_is_kept_for_programs(
    code: bytes, since: int | None
) -> None:
    for arbos in (30, 59, 60, 61):
        allowed = since is not None and arbos >= since
        assert is_storable(code, parameters_of(arbos)) is allowed


def plain_init_code(code: bytes) -> bytes:
    return (
        b"\x7f"
        + len(code).to_bytes(32, "big")
        + bytes.fromhex("80602a6000396000f3")
        + code
    )


@pytest.mark.parametrize("build", [build_init_code, plain_init_code])
@pytest.mark.parametrize(
    ("size", "gas"),
    [(0, 18), (1, 18 + 6), (32, 18 + 6), (33, 18 + 12), (24_576, 18 + 6 * 768 + 1_152)],
)
def test_two_init_codes_are_known(build: object, size: int, gas: int) -> None:
    code = b"\xab" * size
    init_code = build(code)  # type: ignore[operator]
    assert read_init_code(init_code) == Deployment(code, gas)
    for other in (
        init_code[:-1],
        init_code + b"\0",
        b"\x60" + init_code[1:],
        init_code[:33] + b"\x81" + init_code[34:],
    ):
        assert read_init_code(other) is None


@pytest.mark.parametrize("arbos", [29, 62])
def test_no_other_version_of_arbos_is_known(arbos: int) -> None:
    with pytest.raises(UnknownArbOsVersion) as caught:
        parameters_of(arbos)
    assert caught.value.arbos == arbos
    assert str(caught.value) == f"ArbOS {arbos}: Stylus is known in 30 to 61"


def test_parameters_follow_the_version() -> None:
    found = {arbos: parameters_of(arbos) for arbos in range(30, 62)}
    assert {arbos: entry.version for arbos, entry in found.items()} == {
        30: 1,
        **dict.fromkeys(range(31, 59), 2),
        **dict.fromkeys(range(59, 62), 3),
    }
    assert (found[30].min_init_gas, found[31].min_init_gas) == (72, 69)
    assert (found[49].max_stack_depth, found[50].max_stack_depth) == (262_144, 22_000)


def test_the_packed_word_has_the_stored_fields() -> None:
    assert parameters_of(61).packed().hex() == (
        "0003002710000055f0000203e80080450b3232016d001f00200004000004"
    ).ljust(64, "0")
    assert parameters_of(31).packed().hex() == (
        "000200271000040000000203e80080450b3232016d001f0020"
    ).ljust(64, "0")
    assert len(StylusParameters().packed()) == 32


def test_without_brotli_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = WASM + bytes(1)
    code = plain(fresh)
    monkeypatch.setitem(sys.modules, "brotli", None)
    for use in (lambda: pack_program(fresh), lambda: unpack_program(code, LATEST)):
        with pytest.raises(MissingBrotli) as caught:
            use()
        assert str(caught.value) == (
            "Stylus programs need brotli: pip install 'contractvm-wasm[stylus]'"
        )
