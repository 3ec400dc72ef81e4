"""The keys of a schedule file that every host interface has.

The mnemonics repeat the engine's opcode table, because this package imports none of the
others and a misspelt instruction must not pass for a forbidden one; a test compares the
two. Host functions and further sections are checked by the interface that owns the
file.
"""

MNEMONICS_BY_PREFIX = {
    "": """unreachable nop block loop if else end br br_if br_table return call
        call_indirect drop select""",
    "local": "get set tee",
    "global": "get set",
    "table": "get set init copy grow size fill",
    "elem": "drop",
    "data": "drop",
    "ref": "null is_null func",
    "memory": "size grow init copy fill",
    "i32": """load load8_s load8_u load16_s load16_u store store8 store16 const
        eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u clz ctz popcnt add sub mul
        div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr
        wrap_i64 trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u reinterpret_f32
        extend8_s extend16_s
        trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u""",
    "i64": """load load8_s load8_u load16_s load16_u load32_s load32_u
        store store8 store16 store32 const
        eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u clz ctz popcnt add sub mul
        div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr
        extend_i32_s extend_i32_u trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u
        reinterpret_f64 extend8_s extend16_s extend32_s
        trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u""",
    "f32": """load store const eq ne lt gt le ge abs neg ceil floor trunc nearest sqrt
        add sub mul div min max copysign convert_i32_s convert_i32_u convert_i64_s
        convert_i64_u demote_f64 reinterpret_i32""",
    "f64": """load store const eq ne lt gt le ge abs neg ceil floor trunc nearest sqrt
        add sub mul div min max copysign convert_i32_s convert_i32_u convert_i64_s
        convert_i64_u promote_f32 reinterpret_i64""",
}

# The one mnemonic with a space in it: `select` with its type written out.
MNEMONICS = frozenset(
    f"{prefix}.{suffix}" if prefix else suffix
    for prefix, suffixes in MNEMONICS_BY_PREFIX.items()
    for suffix in suffixes.split()
) | {"select t"}

# The unit of the count on top of the operand stack. `memory.grow` is not here: its
# pages are priced by `memory_page`.
SIZED_BY_BYTE = frozenset({"memory.copy", "memory.fill", "memory.init"})
SIZED_BY_ELEMENT = frozenset({"table.copy", "table.fill", "table.grow", "table.init"})

# What an instruction may cost on top of its base, in any format and since the second.
FORMAT_1_RATES = {
    **dict.fromkeys(SIZED_BY_BYTE, "per_byte"),
    **dict.fromkeys(SIZED_BY_ELEMENT, "per_element"),
}
RATES = {**FORMAT_1_RATES, "br_table": "per_entry", "call_indirect": "per_param"}

# A file without `format` is in format 1: it belongs to this interface, whose functions
# are all in one module; the prices of memory and locals are at the top.
FORMAT = 2
FORMAT_1_INTERFACE = "ewasm"
FORMAT_1_MODULE = "ethereum"
FORMAT_1_SECTIONS = ("transaction", "precompiles")

# The keys that every file has, next to what its interface declares.
TEXT_KEYS = ("name", "description")
METERING_KEYS = ("memory_page", "local")
# 0 if left out.
OPTIONAL_METERING_KEYS = ("carried_value", "element_segment", "canonical_floats")
HOST_RATES = ("base", "per_byte", "per_word")

# Costs stay below 2^31, so that a cost times a 32-bit count stays below 2^63 and the
# 64-bit gas counter cannot wrap.
MAX_COST = 2**31 - 1

# The price of an instruction that may be present, where the metering's sums saturate,
# but that nobody can pay for.
UNAFFORDABLE = "unaffordable"
UNAFFORDABLE_UNITS = 2**64 - 1

# Limits on an untrusted file: the released ones have a fifth of the size, lines of less
# than 100 characters, and brackets nested two deep. The TOML reader recurses, and takes
# time quadratic in the parts of a dotted key.
MAX_FILE_BYTES = 64 * 1024
MAX_LINE_CHARACTERS = 2_000
MAX_NESTING = 32
