"""A gas report made by hand: a call that calls with a stipend, and a refund."""

from contractvm.hosts.evm.interface import CallStatus
from contractvm.ledger.report import (
    CallReport,
    Figures,
    FunctionCost,
    GasReport,
    LineCost,
    Part,
    Stack,
)

OUTER, INNER, SENDER = b"\xc0" * 20, b"\xc1" * 20, b"\x5e" * 20

CALLEE = CallReport(
    kind="call",
    sender=OUTER,
    recipient=INNER,
    code_address=INNER,
    status=CallStatus.SUCCESS,
    error=None,
    given_units=23_000,
    stipend_units=23_000,
    used_units=7_005,
    parts=(
        Part("instructions", "i32 arithmetic", 5, 5),
        Part("host", "getCaller", 1, 20),
        Part("storage", "set", 1, 6_980),
    ),
    functions=(FunctionCost(1, "store;it", 1, 7_005, 7_005),),
    lines=(LineCost("a.c", 4, 5, 5),),
    stacks=(Stack(("store;it",), 25), Stack(("store;it", "storageStore"), 6_980)),
    calls=(),
    calls_at=(),
)
CALLER = CallReport(
    kind="call",
    sender=SENDER,
    recipient=OUTER,
    code_address=OUTER,
    status=CallStatus.SUCCESS,
    error=None,
    given_units=1_000_000,
    stipend_units=0,
    used_units=81_008,
    parts=(
        Part("instructions", "calls", 3, 3),
        Part("value", "call value transfer", 1, 90_000),
        Part("host", "call", 1, 7_000),
    ),
    functions=(FunctionCost(1, "main", 1, 97_003, 81_008),),
    lines=(LineCost("a.c", 9, 3, 3),),
    stacks=(Stack(("main",), 3), Stack(("main", "call"), 97_000)),
    calls=(CALLEE,),
    calls_at=(("main", "call"),),
)
# In gas: 21,000 and 8,100.8 rounded up, less 15,000.
REPORT = GasReport(
    title="call of 0xc0c0",
    schedule="by-hand",
    schedule_hash=b"\xab" * 32,
    units_per_gas=10,
    gas_limit=121_000,
    gas_used=14_101,
    figures=Figures(tx=14_101, call=8_101, net=9_701),
    parts=(
        Part("transaction", "base", 1, 210_000),
        Part("refund", "slots cleared", 1, -150_000),
        Part("rounding", "to whole gas", 1, 2),
    ),
    call=CALLER,
    host_functions=frozenset({"getCaller", "storageStore", "call"}),
)
