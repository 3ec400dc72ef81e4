"""Ctrl-C stops any contract, and other threads run meanwhile."""

import signal
import threading
import time

import pytest

from tests.helpers.instances import instantiate_wat

ENDLESS = {
    "a loop": '(func (export "f") (loop $l (br $l)))',
    "a loop with a comparison": """(func (export "f") (local i32)
      (loop $l (br_if $l (i32.lt_u (local.get 0) (i32.const 1)))))""",
    "a loop that a table branches to": """(func (export "f")
      (loop $l (br_table $l $l (i32.const 0))))""",
    "calls without a loop": """(func $f (export "f") (call $g (i32.const 200)))
      (func $g (param i32) (if (local.get 0) (then
        (call $g (i32.sub (local.get 0) (i32.const 1)))
        (call $g (i32.sub (local.get 0) (i32.const 1))))))""",
    "indirect calls without a loop": """(table funcref (elem $g))
      (func (export "f") (call $g (i32.const 200)))
      (func $g (param i32) (if (local.get 0) (then
        (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
        (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1))
          (i32.const 0)))))""",
    "a loop with a charge": """(global $g (mut i64) (i64.const 0x7fffffffffffffff))
      (func (export "f") (loop $l
        global.get $g i64.const 1 i64.sub global.set $g
        global.get $g i64.const 0 i64.lt_s if unreachable end
        (br $l)))""",
}


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("name", ENDLESS)
def test_a_signal_ends_a_contract_that_would_not_end(name: str) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    instance = instantiate_wat(f"(module {ENDLESS[name]})")
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(Interrupted):
            instance.invoke("f")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_other_threads_run_while_a_contract_does() -> None:
    """They get the interpreter lock again and again, not once with luck."""
    instance = instantiate_wat("""(module
      (global $stop (export "stop") (mut i32) (i32.const 0))
      (func (export "f") (result i32) (local i32)
        (loop $l
          (br_if $l (i32.and (i32.eqz (global.get $stop)) (i32.lt_u
            (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
            (i32.const 2000000000)))))
        (global.get $stop)))""")

    def take_turns() -> None:
        for _ in range(20):
            # Gives the lock away, and wants it back.
            time.sleep(0.001)
        instance.exports["stop"].value = 1

    other = threading.Thread(target=take_turns)
    other.start()
    assert instance.invoke("f") == (1,)
    other.join()
