"""Extism's ABI: every function with its charges and edges, on both engines."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from contractvm.errors import LinkError, RefusedModule, TrapCode
from contractvm.guests.capabilities.fetch import Fetch, Request, Response, Target
from contractvm.guests.errors import GuestError
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import HostFunctionSpec, host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import Exited, Failed, LimitReached, Returned, Trapped
from contractvm.guests.result import GuestFailed, Result
from contractvm.hosts.extism.memory import MAX_BYTES
from contractvm.hosts.extism.state import MAX_VARIABLE_BYTES
from contractvm.runtime.engine_selection import other_engine
from tests.helpers.guest_programs import SCHEDULE
from tests.helpers.plugins import host_prices, numbers, plugin, program
from tests.helpers.vectors import vectors_folder
from tests.helpers.wat import wat_to_wasm

OUT_OF_BOUNDS = Trapped(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
# alloc of 256 bytes and output_set, 2 each and 8 words; a store for each number.
FRAME, NUMBER = 2 + 8 + 2, 2
USER = "extism:host/user"


def run(body: str, engine: str, data: bytes = b"", **options: Any) -> Result:
    """A run of a program; the values that it put are the result's value."""
    result = plugin(program(body), engine).run("go", (data,), **options)
    assert result.units_used == result.units_by_host
    return result


def put(*values: str) -> str:
    return "".join(f"(call $put {value})" for value in values)


def no_block(handle: int) -> Trapped:
    return Trapped(TrapCode.HOST_REFUSED, f"no block has the handle {handle}")


@pytest.mark.parametrize(
    ("body", "data", "expected", "gas"),
    [
        # The output's block is the first without an input, 264 after it.
        (put("(global.get $at)"), b"", [8], 0),
        (put("(global.get $at)", "(call $input_offset)"), b"x", [16, 8], 2),
        (put("(call $alloc (i64.const 0))"), b"", [0], 2),
        (put("(call $alloc (i64.const 32))"), b"", [264], 3),
        (put("(call $alloc (i64.const 33))"), b"", [264], 4),
        (put(f"(call $alloc (i64.const {MAX_BYTES}))"), b"", [0], 2 + MAX_BYTES // 32),
        (put(f"(call $alloc (i64.const {MAX_BYTES + 1}))"), b"", [0], 2),
        (put("(call $alloc (i64.const -1))"), b"", [0], 2),
        (put("(call $length (i64.const 0))"), b"", [0], 2),
        (put("(call $length (i64.const 8))"), b"input", [5], 2),
        (put("(call $length_unsafe (i64.const 8))"), b"input", [5], 2),
        ("(call $free (i64.const 0))", b"", [], 2),
        (
            f"(call $free (i64.const 8)) {put('(call $input_length)')}",
            b"input",
            [0],
            4,
        ),
        (
            put(
                "(call $input_length)",
                "(call $input_load_u64 (i64.const 1))",
                "(i64.extend_i32_u (call $input_load_u8 (i64.const 8)))",
                "(i64.extend_i32_u (call $load_u8 (i64.const 9)))",
                "(call $load_u64 (i64.const 8))",
            ),
            bytes(range(1, 10)),
            [9, 0x0908070605040302, 9, 2, 0x0807060504030201],
            10,
        ),
        (
            "(call $store_u8 (i64.const 8) (i32.const 0x1ff))"
            "(call $store_u64 (i64.const 9) (i64.const -2))"
            + put("(call $load_u64 (i64.const 8))"),
            bytes(16),
            [0xFFFF_FFFF_FFFF_FEFF],
            6,
        ),
        (put("(i64.extend_i32_u (call $get_log_level))"), b"", [2], 2),
        (put("(i64.extend_i32_u (call $http_status_code))"), b"", [0], 2),
        (put("(call $http_headers)"), b"", [0], 2),
        (put("(call $config_get (call $input_offset))"), b"absent", [0], 2 + 2 + 1),
        (put("(call $var_get (call $input_offset))"), b"absent", [0], 2 + 2 + 1),
    ],
)
def test_what_functions_answer_and_cost(
    body: str, data: bytes, expected: list[int], gas: int, engine: str
) -> None:
    result = run(body, engine, data)
    assert result.outcome == Returned()
    assert numbers(result.value) == expected
    assert result.gas_used == FRAME + NUMBER * len(expected) + gas


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("(drop (call $load_u8 (i64.const 7)))", OUT_OF_BOUNDS),
        ("(drop (call $load_u8 (i64.const 272)))", OUT_OF_BOUNDS),
        ("(drop (call $load_u64 (i64.const 265)))", OUT_OF_BOUNDS),
        ("(drop (call $load_u64 (i64.const -8)))", OUT_OF_BOUNDS),
        ("(call $store_u8 (i64.const 0) (i32.const 1))", OUT_OF_BOUNDS),
        ("(call $store_u8 (i64.const 272) (i32.const 1))", OUT_OF_BOUNDS),
        ("(call $store_u64 (i64.const 265) (i64.const 1))", OUT_OF_BOUNDS),
        ("(drop (call $input_load_u8 (i64.const 5)))", OUT_OF_BOUNDS),
        ("(drop (call $input_load_u8 (i64.const -1)))", OUT_OF_BOUNDS),
        ("(drop (call $input_load_u64 (i64.const 0)))", OUT_OF_BOUNDS),
        ("(call $output_set (i64.const 8) (i64.const 265))", OUT_OF_BOUNDS),
        ("(call $output_set (i64.const 0) (i64.const 1))", OUT_OF_BOUNDS),
        ("(call $output_set (i64.const -1) (i64.const -1))", OUT_OF_BOUNDS),
        ("(drop (call $length (i64.const 24)))", no_block(24)),
        ("(drop (call $length_unsafe (i64.const 9)))", no_block(9)),
        ("(call $free (i64.const 272))", no_block(272)),
        ("(call $free (i64.const 8)) (call $free (i64.const 8))", no_block(8)),
        ("(call $error_set (i64.const 9))", no_block(9)),
        ("(drop (call $config_get (i64.const 9)))", no_block(9)),
        ("(drop (call $var_get (i64.const 9)))", no_block(9)),
        ("(call $var_set (i64.const 9) (i64.const 0))", no_block(9)),
        ("(call $var_set (i64.const 8) (i64.const 9))", no_block(9)),
        ("(call $log_trace (i64.const 9))", no_block(9)),
        ("(drop (call $http_request (i64.const 9) (i64.const 0)))", no_block(9)),
        ("(drop (call $http_request (i64.const 8) (i64.const 9)))", no_block(9)),
        (
            "(drop (call $http_request (i64.const 8) (i64.const 0)))",
            Trapped(TrapCode.HOST_REFUSED, "the run has no capability for requests"),
        ),
    ],
)
def test_bad_handles_and_ranges_trap(body: str, outcome: Trapped, engine: str) -> None:
    # The input takes 8 to 16, the output 16 to 272.
    result = run(body, engine, b"input")
    assert result.outcome == outcome


def test_ranges_that_end_where_memory_does(engine: str) -> None:
    body = (
        "(call $store_u8 (i64.const 271) (i32.const 7))"
        + put("(call $load_u64 (i64.const 264))")
        + "(call $output_set (i64.const 8) (i64.const 264))"
    )
    result = run(body, engine, b"input")
    assert numbers(result.value) == [7 << 56]


def test_output_is_what_its_bytes_are_at_the_end(engine: str) -> None:
    source = """(func (export "go")
      (call $output_set (call $input_offset) (i64.const 3))
      (call $store_u8 (call $input_offset) (i32.const 0x41)))
      (func (export "nothing") (result i32) (i32.const 0))"""
    guest = plugin(source, engine)
    assert guest.call("go", "text") == b"Aex"
    assert guest.call("nothing", b"text") == b""


def test_the_input_without_an_argument_is_stdin(engine: str) -> None:
    source = """(func (export "go")
      (call $output_set (call $input_offset) (call $input_length)))"""
    guest = plugin(source, engine)
    assert guest.call("go", stdin=b"text") == b"text"
    assert guest.call("go", b"other", stdin=b"text") == b"other"
    assert guest.call("go", b"", stdin=b"text") == b""


def test_an_error_or_a_code_fails_the_call(engine: str) -> None:
    source = """
      (func (export "error") (call $error_set (call $input_offset))
        (call $free (call $input_offset)))
      (func (export "both") (result i32) (call $error_set (call $input_offset))
        (i32.const 1))
      (func (export "taken_back") (call $error_set (call $input_offset))
        (call $error_set (i64.const 0)))
      (func (export "code") (result i32) (i32.const -3))"""
    guest = plugin(source, engine)
    for name in ("error", "both"):
        result = guest.run(name, (b"wrong \xff",))
        assert result.outcome == Failed("wrong \ufffd")
        assert (result.ok, result.error, result.value) == (False, "wrong \ufffd", None)
    assert guest.run("taken_back", (b"wrong",)).ok
    assert guest.run("code").outcome == Failed("the call returned -3")
    with pytest.raises(GuestFailed, match="failed: wrong"):
        guest.call("error", b"wrong")


def test_settings_and_variables(engine: str) -> None:
    source = """
      (func $answer (param i64)
        (call $output_set (local.get 0) (call $length (local.get 0))))
      (func (export "setting")
        (call $answer (call $config_get (call $input_offset))))
      (func (export "get") (call $answer (call $var_get (call $input_offset))))
      (func (export "set") (call $var_set (call $input_offset) (call $input_offset)))
      (func (export "unset") (call $var_set (call $input_offset) (i64.const 0)))"""
    guest = plugin(source, engine)
    config = {"name": "value", "empty": ""}
    assert guest.call("setting", b"name", config=config) == b"value"
    assert guest.call("setting", b"empty", config=config) == b""
    with guest.instance() as instance:
        for name, expected in (
            ("get", b""),
            ("set", b""),
            ("get", b"key"),
            ("unset", b""),
            ("unset", b""),
            ("get", b""),
        ):
            assert instance.call(name, b"key").value == expected
    assert guest.run("setting", (b"name",), config=config).gas_used == (
        2 + (2 + 1 + 1) + 2 + 2
    )
    assert guest.run("set", (bytes(33),)).gas_used == 2 + 2 + 2 + 2 + 2


@pytest.mark.parametrize("more", [0, 1])
def test_variables_up_to_their_limit(more: int, engine: str) -> None:
    source = """(func (export "set")
      (call $var_set (call $input_offset) (call $input_offset)))"""
    size = (MAX_VARIABLE_BYTES - 2 * 48) // 2
    guest = plugin(source, engine)
    with guest.instance() as instance:
        assert instance.call("set", bytes(size // 2)).ok
        assert instance.call("set", bytes(size // 2)).ok
        found = instance.call("set", bytes(size - size // 2 + more)).outcome
    full = LimitReached("variable_bytes", MAX_VARIABLE_BYTES)
    assert found == (full if more else Returned())


def test_logs_are_lines_of_stderr_from_info_on(engine: str) -> None:
    levels = ("trace", "debug", "info", "warn", "error")
    body = "".join(f"(call $log_{level} (call $input_offset))" for level in levels)
    result = run(body, engine, b"text", limits=Limits(stderr_bytes=30))
    assert result.stderr == b"info: text\nwarn: text\nerror: t"
    assert result.stderr_truncated
    assert result.gas_used == FRAME + 5 * (2 + 2 + 1)


def test_each_call_of_an_instance_has_blocks_of_its_own(engine: str) -> None:
    guest = plugin(program(put("(call $alloc (i64.const 8))")), engine)
    with guest.instance() as instance:
        found = [numbers(instance.call("go", b"1").value)[0] for _ in range(3)]
    assert found == [272, 272, 272]


def test_host_memory_up_to_its_limit(engine: str) -> None:
    body = put(f"(call $alloc (i64.const {MAX_BYTES - 256}))")
    assert numbers(run(body, engine).value) == [264]
    body = put(f"(call $alloc (i64.const {MAX_BYTES - 255}))")
    assert numbers(run(body, engine).value) == [0]
    guest = plugin('(func (export "go"))', engine)
    assert guest.run("go", (bytes(MAX_BYTES),)).ok
    with pytest.raises(ValueError, match=f"{MAX_BYTES + 1} bytes, {MAX_BYTES} allowed"):
        guest.run("go", (bytes(MAX_BYTES + 1),))


@pytest.mark.parametrize("arguments", [(1,), (b"a", b"b"), (None,)])
def test_what_is_no_input_is_refused(arguments: Sequence[Any]) -> None:
    guest = plugin('(func (export "go"))')
    with pytest.raises(TypeError, match="takes one argument, bytes or text"):
        guest.run("go", arguments)


def test_exports_of_other_types_get_their_arguments(engine: str) -> None:
    source = """(func (export "add") (param i64 i64) (result i64)
      (i64.add (local.get 0) (local.get 1)))"""
    assert plugin(source, engine).call("add", 2, 3) == 5


# Host functions of `extism:host/user`: handles in, handles out.


@host_function(module=USER, charge=5)
def double(data: bytes) -> bytes:
    if data == b"refuse":
        raise GuestError(7)
    return data * 2


@host_function(module=USER, charge=0, per_word=0)
def count(text: str, n: int) -> int:
    return len(text) + n


DOUBLE = f"""
  (import "{USER}" "double" (func $double (param i64) (result i64)))
  (import "{USER}" "count" (func $count (param i64 i64) (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (func (export "double") (local $h i64)
    (local.set $h (call $double (call $input_offset)))
    (call $var_set (local.get $h) (local.get $h))
    (call $output_set (local.get $h) (call $length (local.get $h))))
  (func (export "bad") (drop (call $double (i64.const 24))))
  (func (export "refused") (result i32)
    (i32.wrap_i64 (call $double (call $input_offset))))
  (func (export "empty") (result i32)
    (i32.wrap_i64 (call $double (i64.const 0))))
  (func (export "count") (param i64) (result i64)
    (call $count (call $alloc (i64.const 3)) (local.get 0)))
"""


def user_guest(
    engine: str, host: Sequence[HostFunctionSpec] = (double, count)
) -> Guest:
    wasm = wat_to_wasm(f"(module {DOUBLE})")
    return Guest.load(wasm, schedule=host_prices(), engine=engine, host=host)


def test_host_functions_take_and_give_handles(engine: str) -> None:
    guest = user_guest(engine)
    assert guest.call("double", b"ab" * 10) == b"ab" * 20
    assert guest.call("count", 4) == 7
    result = guest.run("double", (b"ab" * 10,))
    # input_offset, double with 20 and 40 bytes, var_set twice 40, length, output_set.
    assert result.gas_used == 2 + (5 + 1 + 2) + (2 + 4) + 2 + 2
    assert result.host_calls["double"] == 1
    assert guest.run("bad").outcome == no_block(24)
    assert guest.run("refused", (b"refuse",)).outcome == Failed("the call returned -7")
    assert guest.run("empty").outcome == Returned()


def test_a_tape_gives_handles_again_without_the_functions(engine: str) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a replay calls no host function")

    result = user_guest(engine).run("double", (b"ab",), record=True, config={"a": "b"})
    assert result.tape is not None
    (call,) = result.tape.calls
    assert (call.arguments, call.contents, call.results) == ((8,), (b"ab",), (16,))
    silent = [dataclasses.replace(spec, call=never) for spec in (double, count)]
    other = other_engine(engine)
    again = user_guest(other, silent).replay(result.tape)
    assert again == result.replaced(tape=None, engine=other)


def test_only_plugins_get_handles(engine: str) -> None:
    wasm = wat_to_wasm(
        f"""(module (import "{USER}" "double" (func $f (param i64) (result i64)))
        (func (export "go") (drop (call $f (i64.const 8)))))"""
    )
    with pytest.raises(LinkError) as caught:
        Guest.load(wasm, schedule=SCHEDULE, engine=engine, host=[double], abi="none")
    assert caught.value.reason == "it is [i64] -> [i64], not [i32 i32] -> [i32]"


# Requests, by the capability Fetch.

REQUEST = """
  (func (export "go") (local $body i64)
    (local.set $body (call $http_request (call $input_offset) (call $input_offset)))
    (if (i32.ne (call $http_status_code) (i32.const 203)) (then unreachable))
    (if (i64.ne (call $length (call $http_headers)) (i64.const 17))
      (then unreachable))
    (call $output_set (local.get $body) (call $length (local.get $body))))
"""
ASKED = b'{"url":"https://93.184.216.34/x","headers":{"a":"b"}}'


def fetch(seen: list[Request]) -> Fetch:
    def client(request: Request, target: Target, seconds: float, most: int) -> Response:
        seen.append(request)
        return Response(203, {"z": "1", "b": "2"}, b"page")

    return Fetch(client, allow=["93.184.216.34"])


def test_a_request_is_made_by_the_capability_and_is_on_the_tape(engine: str) -> None:
    seen: list[Request] = []
    guest = plugin(REQUEST, engine)
    result = guest.run("go", (ASKED,), capabilities=[fetch(seen)], record=True)
    assert (result.outcome, result.value) == (Returned(), b"page")
    assert seen == [Request("https://93.184.216.34/x", "GET", {"a": "b"}, ASKED)]
    assert result.host_calls["fetch"] == 1
    assert result.tape is not None
    other = other_engine(engine)
    again = plugin(REQUEST, other).replay(result.tape)
    assert again == result.replaced(tape=None, engine=other)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b'{"url":"https://elsewhere.test/"}', "the request was refused with code 4"),
        (b'{"link":1}', "no HTTP request: Object missing required field `url`"),
    ],
)
def test_a_request_that_is_refused_traps(data: bytes, detail: str, engine: str) -> None:
    result = plugin(REQUEST, engine).run("go", (data,), capabilities=[fetch([])])
    assert result.outcome == Trapped(TrapCode.HOST_REFUSED, detail)


# Loading.


def test_a_function_without_a_price_is_refused() -> None:
    wasm = wat_to_wasm(
        """(module (import "extism:host/env" "free" (func (param i64))))"""
    )
    with pytest.raises(LinkError) as caught:
        Guest.load(wasm, schedule=SCHEDULE)
    assert caught.value.name == "free"
    assert caught.value.reason == "it has no cost in gas schedule test"


def test_a_plugin_that_uses_wasi_must_export_its_memory() -> None:
    clock = (
        '(import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))'
        '(import "extism:host/env" "free" (func (param i64)))'
        '(func (export "go") (result i32) (call $yield))'
    )
    with pytest.raises(RefusedModule, match="WASI without the export memory"):
        Guest.load(wat_to_wasm(f"(module {clock})"), schedule=host_prices())
    wasm = wat_to_wasm(f'(module {clock} (memory (export "memory") 1))')
    result = Guest.load(wasm, schedule=host_prices()).run("go")
    assert result.ok
    assert result.host_calls == {"sched_yield": 1}


# Programs that others built.


@host_function(module=USER)
def hello_world(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize(
    ("file", "output"),
    [
        ("code.wasm", b'{"count":3,"total":3,"vowels":"aeiouAEIOU"}'),
        ("code-functions.wasm", b'{"count": 3}'),
    ],
)
def test_published_plugins(file: str, output: bytes, engine: str) -> None:
    folder = vectors_folder("guests").joinpath("extism")
    results = [
        Guest.load(
            folder.joinpath(file),
            schedule="guests-1",
            engine=name,
            host=[hello_world],
        ).run("count_vowels", (b"hello world",), record=True)
        for name in (engine, other_engine(engine))
    ]
    assert results[0].value == output
    assert results[0].units_used == results[1].units_used
    assert results[0].tape == results[1].tape


def test_published_programs_of_shopify(engine: str) -> None:
    folder = vectors_folder("guests").joinpath("shopify")

    def run_program(name: str, stdin: bytes) -> Result:
        first, second = (
            Guest.load(
                folder.joinpath(f"{name}.wasm"),
                schedule="guests-1",
                engine=one,
            ).run(stdin=stdin)
            for one in (engine, other_engine(engine))
        )
        assert first == second.replaced(engine=engine)
        return first

    echo = run_program("noop", b'{"test":"echo"}')
    assert (echo.outcome, echo.stdout) == (Exited(0), b'{"test":"echo"}')
    for code in (0, 1, 7):
        ended = run_program("exit_code", b'{"code":%d}' % code)
        assert ended.outcome == Exited(code)
        assert ended.stdout == b'{"exit":%d}' % code
