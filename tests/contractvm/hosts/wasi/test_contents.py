"""Contents of files against one array of bytes."""

from hypothesis import given
from hypothesis import strategies as st

from contractvm.hosts.wasi.contents import CHUNK_BYTES, Contents

# Both sides of the edges of chunks.
edges = st.sampled_from((0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1))
sizes = edges | st.integers(0, 3 * CHUNK_BYTES)
steps = st.one_of(
    st.tuples(st.just("write"), sizes, st.binary(max_size=9) | edges.map(bytes)),
    st.tuples(st.just("resize"), sizes),
    st.tuples(st.just("read"), sizes, sizes),
)


@given(sizes, st.lists(steps, max_size=12))
def test_contents_are_an_array_of_bytes(
    size: int, sequence: list[tuple[object, ...]]
) -> None:
    original = bytes(range(1, 252)) * (size // 251 + 1)
    contents, model = Contents(original[:size]), bytearray(original[:size])
    for step in sequence:
        match step:
            case ("write", int(offset), bytes(data)):
                contents.write(offset, data)
                if data:
                    model.extend(bytes(max(0, offset - len(model))))
                    model[offset : offset + len(data)] = data
            case ("resize", int(new)):
                contents.resize(new)
                model.extend(bytes(max(0, new - len(model))))
                del model[new:]
            case ("read", int(offset), int(length)):
                assert contents.read(offset, length) == model[offset : offset + length]
        assert contents.size == len(model)
    assert contents.read(0, 2**63) == model


def test_only_the_chunks_that_are_written_are_copied() -> None:
    contents = Contents(bytes(10 * CHUNK_BYTES))
    contents.write(CHUNK_BYTES - 1, b"ab")
    assert sorted(contents._chunks) == [0, 1]
    assert sum(map(len, contents._chunks.values())) == 2 * CHUNK_BYTES


def test_a_gap_takes_no_memory() -> None:
    contents = Contents()
    contents.write(2**40, b"a")
    assert contents.size == 2**40 + 1
    assert [len(chunk) for chunk in contents._chunks.values()] == [1]
