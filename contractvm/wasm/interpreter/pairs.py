"""Pairs of operations that programs have often, which the loop does as one.

The second takes the first's result from the accumulator, or is a move, and is done
without a jump to it. Its words stay where they are. Chosen by how often the benchmark
kernels run them. The build runs this file before anything is compiled.
"""

ADDITIONS = ("I32_ADD", "I32_ADD_C", "I32_ADD_A", "I32_ADD_A_C")
LOADS = tuple(
    f"{load}_A"
    for load in (
        *("I32_LOAD", "I32_LOAD8_S", "I32_LOAD8_U", "I32_LOAD16_S", "I32_LOAD16_U"),
        *("I64_LOAD", "I64_LOAD8_S", "I64_LOAD16_S", "I64_LOAD32_S"),
    )
)
PRODUCTS = tuple(
    f"{width}_MUL{suffix}"
    for width in ("I32", "I64")
    for suffix in ("", "_C", "_A", "_A_C")
)
PAIRS = (
    # An address, and the access to it.
    *((first, second) for first in ADDITIONS for second in LOADS),
    *(
        (first, f"{store}_TO{suffix}")
        for first in ADDITIONS
        for store in ("I32_STORE", "I32_STORE8", "I32_STORE16", "I64_STORE")
        for suffix in ("", "_C")
    ),
    *((f"I32_SHL{suffix}", "I32_LOAD_A") for suffix in ("_C", "_A_C")),
    *((f"I32_SHL{suffix}", "I64_LOAD_A") for suffix in ("_C", "_A_C")),
    *((f"I32_AND{suffix}", "I32_LOAD8_U_A") for suffix in ("_C", "_A_C")),
    # A loop's counter, and the test of it.
    *(
        (first, f"BR_IF_I32_{test}{suffix}_LOOP")
        for first in ("I32_ADD", "I32_ADD_C")
        for test in ("NE", "LT_U", "LT_S", "GT_U", "GT_S")
        for suffix in ("_A", "_A_C")
    ),
    *(
        (first, f"{first[:3]}_ADD{suffix}")
        for first in PRODUCTS
        for suffix in ("_A", "_A_C")
    ),
    # What is computed or copied, and stored.
    *((f"I32_LOAD{suffix}", "I32_STORE_A") for suffix in ("", "_A")),
    *((f"I64_LOAD{suffix}", "I64_STORE_A") for suffix in ("", "_A")),
    *((f"I32_LOAD8_U{suffix}", "I32_STORE8_A") for suffix in ("", "_A")),
    *(("I64_ADD_A", second) for second in ("I32_STORE_A", "I64_STORE_A")),
    *(("I64_XOR_A", "I64_STORE_A"), ("I32_ADD_A", "I32_STORE_A")),
    *(
        (first, "MOVE_MOVE")
        for first in ("I32_ADD", "I64_ADD", "I32_ADD_C", "I32_LOAD", "I32_LOAD_A")
    ),
    # What is loaded, and what is done with it.
    *(
        (f"{load}{suffix}", second)
        for load in ("I32_LOAD", "I32_LOAD8_U")
        for suffix in ("", "_A")
        for second in (
            *("I32_ADD_A", "I32_ADD_A_C", "I32_AND_A_C", "I32_XOR_A", "I32_MUL_A"),
            *("I32_SHL_A_C", "I64_ADD_A", "I64_MUL_A"),
        )
    ),
    # Sums, hashes, ciphers and long numbers.
    *(
        (f"{width}_{shift}{suffix}", f"{width}_{second}_A")
        for width in ("I32", "I64")
        for shift in ("SHL", "SHR_U", "ROTL")
        for suffix in ("_C", "_A_C")
        for second in ("XOR", "OR", "ADD")
    ),
    *(
        (f"{width}_{first}", f"{width}_{second}")
        for width in ("I32", "I64")
        for first, second in (
            *(("ADD", "ADD_A"), ("ADD", "ADD_A_C"), ("ADD_A", "ADD_A")),
            *(("XOR", "XOR_A"), ("XOR_A", "XOR_A"), ("AND_A", "XOR_A")),
            *(("XOR_A", "ROTL_A_C"), ("XOR_A", "AND_A_C"), ("XOR_A", "MUL_A_C")),
            *(("SHL_C", "SHR_S_A_C"), ("SHR_S_A_C", "AND_A_C")),
            *(("SHR_U_C", "AND_A_C"), ("AND_A_C", "SHL_A_C"), ("ADD_A", "SHR_U_A_C")),
        )
    ),
    *((f"I32_WRAP_I64{suffix}", "I64_ADD_A") for suffix in ("", "_A")),
)
