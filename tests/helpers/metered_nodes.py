"""Reader of metered bodies that tells original from injected instructions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import BY_OPCODE

EMPTY = 2**64 - 64  # the empty block type, as the reader gives it


class PathFault(Exception):
    """The instrumented body breaks a guarantee; `rule` is its name."""

    def __init__(self, rule: str, position: int) -> None:
        super().__init__(f"{rule} at byte {position}")
        self.rule = rule
        self.position = position


@dataclass(frozen=True)
class Costs:
    """What the walk checks against: costs by mnemonic, and the injected indices.

    `gas_local` is the local that holds the counter too, if the body has one;
    `sized_chargers` maps the func indices of the injected chargers to their prices,
    `carried` positions in the original to the price of what is carried there.
    """

    base: Mapping[str, int]
    per_unit: Mapping[str, int]
    entry: int
    gas_global: int
    height_global: int | None = None
    gas_local: int | None = None
    sized_chargers: Mapping[int, int] = field(default_factory=dict)
    other: "OtherRule | None" = None
    carried: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherRule:
    """How a metering differs from the standard one.

    Its charges compare first and set a status; `enders` also pay for the header of
    the block that they end, and what counts by entries or by parameters (by type
    index) pays for those. The stack's counter goes down, without a block around.
    """

    enders: frozenset[str]
    header: int
    is_charged_last: bool
    per_entry: int
    per_param: int
    param_counts: tuple[int, ...]
    status_global: int
    scratch_global: int | None
    hook_func: int | None

    def extra(self, node: "Node") -> int:
        """What an instruction costs beyond its base."""
        units = self.header if node.mnemonic in self.enders else 0
        if node.mnemonic == "br_table":
            units += (len(node.labels) - 1) * self.per_entry
        elif node.mnemonic == "call_indirect":
            units += self.param_counts[node.a] * self.per_param
        return units


@dataclass(frozen=True)
class Node:
    """One original instruction, or one injected sequence (`kind` says which)."""

    # "code", or what was injected: "charge", "sized", "hook", "load", "stack entry",
    # "stack exit", "wrapper".
    kind: str
    mnemonic: str
    a: int
    labels: tuple[int, ...]
    position: int
    amount: int = 0


def read_nodes(code: bytes) -> list[Node]:
    """The instructions of a body; a br_table's labels include its default."""
    nodes = []
    for opcode, a, b, start, end in instructions(code):
        mnemonic = BY_OPCODE[opcode].mnemonic
        labels: tuple[int, ...] = ()
        if mnemonic == "br_table":
            labels = read_labels(code[b:end], a + 1)
        elif mnemonic in ("br", "br_if"):
            labels = (a,)
        nodes.append(Node("code", mnemonic, a, labels, start))
    return nodes


def read_labels(data: bytes, count: int) -> tuple[int, ...]:
    labels, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            labels.append(value)
            value = shift = 0
    if len(labels) != count:
        raise PathFault("labels", 0)
    return tuple(labels)


def shape(nodes: list[Node]) -> list[tuple[str, int]]:
    """Mnemonics and first immediates, which identify an injected sequence."""
    return [(node.mnemonic, node.a) for node in nodes]


def shapes(
    window: list[tuple[str, int]], costs: Costs
) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """What may be injected here: kind, amount, and the code in full."""
    gas, height, local = costs.gas_global, costs.height_global, costs.gas_local
    first, sixth = ([entry[1] for entry in window] + [0] * 6)[1:6:4]
    trap_if = [("if", EMPTY), ("unreachable", 0), ("end", 0)]
    change = [("global.get", height), ("i32.const", first)]
    entry = [
        *(*change, ("i32.add", 0), ("global.set", height)),
        *(("global.get", height), ("i32.const", sixth), ("i32.gt_u", 0), *trap_if),
    ]
    found = [
        ("stack entry", first, entry),
        ("stack exit", first, [*change, ("i32.sub", 0), ("global.set", height)]),
    ]
    if local is None:
        charge = [
            *(("global.get", gas), ("i64.const", first), ("i64.sub", 0)),
            *(("global.set", gas), ("global.get", gas), ("i64.const", 0)),
            *(("i64.lt_s", 0), *trap_if),
        ]
        return [*found, ("charge", first, charge)]
    store = [("local.get", local), ("global.set", gas)]
    charge = [
        *(("local.get", local), ("i64.const", first), ("i64.sub", 0)),
        *(("local.tee", local), ("i64.const", 0), ("i64.lt_s", 0), ("if", EMPTY)),
        *(*store, ("unreachable", 0), ("end", 0), *store),
    ]
    load = [("global.get", gas), ("local.set", local)]
    return [*found, ("charge", first, charge), ("load", 0, load)]


def other_shapes(
    window: list[tuple[str, int]], costs: Costs, other: OtherRule
) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Like `shapes`, for a metering with a status and a counter of the stack left."""
    gas, height, scratch = costs.gas_global, costs.height_global, other.scratch_global
    first, sixth = ([entry[1] for entry in window] + [0] * 6)[1:6:4]
    set_status = [
        *(("if", EMPTY), ("i32.const", 1), ("global.set", other.status_global)),
        *(("unreachable", 0), ("end", 0)),
    ]
    amount = [("global.get", gas), ("i64.const", first)]
    charge = [*amount, ("i64.lt_u", 0), *set_status, *amount, ("i64.sub", 0)]
    sized = [
        *(("global.set", scratch), ("global.get", gas), ("global.get", gas)),
        *(("global.get", scratch), ("i64.extend_i32_u", 0), ("i64.const", sixth)),
        *(("i64.mul", 0), ("i64.sub", 0), ("global.set", gas), ("global.get", gas)),
        *(("i64.lt_u", 0), *set_status, ("global.get", scratch)),
    ]
    hook = [
        *(("global.set", scratch), ("global.get", scratch)),
        *(("call", other.hook_func), ("global.get", scratch)),
    ]
    change = [("global.get", height), ("i32.const", first)]
    clear = [("i32.const", 0), ("global.set", height), ("unreachable", 0), ("end", 0)]
    enter = [*change, ("i32.le_u", 0), ("if", EMPTY), *clear]
    return [
        ("charge", first, [*charge, ("global.set", gas)]),
        ("sized", sixth, sized),
        ("hook", 0, hook),
        (
            "stack entry",
            first,
            [*enter, *change, ("i32.sub", 0), ("global.set", height)],
        ),
        ("stack exit", first, [*change, ("i32.add", 0), ("global.set", height)]),
    ]


def fold_injected(nodes: list[Node], costs: Costs) -> list[Node]:
    """Make one node of each injected sequence; nothing else may use the counters."""
    folded = []
    index = 0
    while index < len(nodes):
        node, window = nodes[index], shape(nodes[index : index + 17])
        if node.mnemonic == "call" and node.a in costs.sized_chargers:
            price = costs.sized_chargers[node.a]
            folded.append(Node("sized", "", 0, (), node.position, price))
            index += 1
            continue
        candidates = (
            other_shapes(window, costs, costs.other)
            if costs.other is not None
            else shapes(window, costs)
        )
        for kind, amount, code in candidates:
            if window[: len(code)] == code:
                folded.append(Node(kind, "", 0, (), node.position, amount))
                index += len(code)
                break
        else:
            if touches_a_counter(node, costs):
                raise PathFault("a counter is touched outside a charge", node.position)
            folded.append(node)
            index += 1
    return folded


def touches_a_counter(node: Node, costs: Costs) -> bool:
    if node.mnemonic.startswith("global."):
        return node.a >= costs.gas_global
    return node.mnemonic.startswith("local.") and node.a == costs.gas_local


def check_loads(nodes: list[Node], costs: Costs) -> list[Node]:
    """The nodes without the loads of the gas local.

    The local always equals the global: charges change both, and nothing else changes
    either except a call, which a load follows.
    """
    if costs.gas_local is None:
        return nodes
    before = [None, *nodes]
    for index, node in enumerate(nodes):
        previous = before[index]
        is_due = previous is None or (
            previous.kind == "sized" or previous.mnemonic in ("call", "call_indirect")
        )
        if is_due != (node.kind == "load"):
            raise PathFault("the gas local is not what the counter is", node.position)
    return [node for node in nodes if node.kind != "load"]


def mark_wrapper(nodes: list[Node]) -> list[Node]:
    """Distinguish the block around a stack-limited body, and its end, from the code."""
    if not nodes or nodes[0].kind != "stack entry":
        if any(node.kind.startswith("stack") for node in nodes):
            raise PathFault("stack height changes inside the body", 0)
        return nodes
    block, leave, last = nodes[1], nodes[-2], nodes[-1]
    if (block.mnemonic, leave.kind, last.mnemonic) != ("block", "stack exit", "end"):
        raise PathFault("stack limit is not around the body", block.position)
    if leave.amount != nodes[0].amount:
        raise PathFault("stack height does not return", leave.position)
    if any(node.kind.startswith("stack") for node in nodes[2:-2]):
        raise PathFault("stack height changes inside the body", 0)
    opening = Node("wrapper", "block", 0, (), block.position)
    final = Node("wrapper", "end", 0, (), last.position)
    return [nodes[0], opening, *nodes[2:-1], final]


def check_frames(nodes: list[Node]) -> None:
    """Every exit of a body without a block around it restores the height.

    All but a branch to the body's own label, which nothing precedes.
    """
    exits = [index for index, node in enumerate(nodes) if node.kind == "stack exit"]
    due = [
        index - 1
        for index, node in enumerate(nodes)
        if (node.kind, node.mnemonic) == ("code", "return")
    ]
    due.append(len(nodes) - 2)
    if exits != due:
        raise PathFault("stack height does not return", 0)
    if any(nodes[index].amount != nodes[0].amount for index in exits):
        raise PathFault("stack height does not return", 0)
