"""The dictionary of a contract: its constants, its data, and boundary values."""

from chain_sim.ethereum.abi.functions import parse_function
from contract_fuzz.inputs.dictionary import EDGES, Dictionary, build_dictionary
from tests.helpers.wat import wat_to_wasm

SELECTOR = parse_function("f()").selector


def dictionary(source: str) -> Dictionary:
    return build_dictionary(
        wat_to_wasm(source), [parse_function("f()")], [b"\x22" * 20]
    )


def test_edges_are_the_numbers_around_the_ends_of_types() -> None:
    powers = (7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255)
    around = {2**power + step for power in powers for step in (-1, 0, 1)}
    ends = {0, 1, 2, 10**9, 10**18, 2**256 - 2, 2**256 - 1}
    assert tuple(sorted(around | ends)) == EDGES
    assert (len(EDGES), EDGES[:4], EDGES[-1]) == (40, (0, 1, 2, 127), 2**256 - 1)


def test_an_empty_module_gives_edges_and_addresses() -> None:
    assert dictionary("(module)") == Dictionary(
        EDGES, (b"\x22" * 20, bytes(20), b"\xff" * 20), (SELECTOR,)
    )


def test_constants_are_unsigned_and_in_the_order_of_the_code() -> None:
    found = dictionary(
        "(module (func (drop (i32.const -3)) (drop (i64.const -5))"
        " (drop (i32.const 1000)) (drop (i32.const -3)) (drop (f32.const 7))))"
    )
    assert found.words == (*EDGES, 2**32 - 3, 2**64 - 5, 1000)


def test_constants_are_pieces_in_both_orders_from_two_bytes_on() -> None:
    found = dictionary(
        "(module (func (drop (i32.const 255)) (drop (i32.const 256))"
        " (drop (i64.const 0xffffffff)) (drop (i64.const 0x100000000))))"
    )
    assert found.blobs == (
        SELECTOR,
        b"\x00\x01\x00\x00",
        b"\x00\x00\x01\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00\x01\x00\x00\x00",
        b"\x00\x00\x00\x01\x00\x00\x00\x00",
    )


def test_data_is_cut_at_zeros_and_at_its_greatest_length() -> None:
    long = "x" * 257
    found = dictionary(
        rf'(module (memory 1) (data (i32.const 0) "a\00bc\00\00def\00{long}\00g"))'
    )
    assert found.blobs == (SELECTOR, b"bc", b"def", b"x" * 256)


def test_there_is_a_limit_of_constants_and_of_pieces() -> None:
    words = " ".join(f"(drop (i32.const {number}))" for number in range(300, 4_400))
    found = dictionary(f"(module (func {words}))")
    assert len(found.words) == len(EDGES) + 4_096 - len(
        set(EDGES) & set(range(300, 4_396))
    )
    assert (4_395 in found.words, 4_396 in found.words) == (True, False)
    pieces = r"\00".join(f"p{number:03}" for number in range(520))
    found = dictionary(rf'(module (memory 1) (data (i32.const 0) "{pieces}"))')
    assert found.blobs == (SELECTOR, *(b"p%03d" % number for number in range(512)))
