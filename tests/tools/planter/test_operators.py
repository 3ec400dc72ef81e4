"""The faults that each kind of line can have, in the three languages."""

import pytest

from tools.planter.operators import Fault, faults


def planted(source: str, path: str = "a.py") -> list[str]:
    """The source with each fault that it can have."""
    return [fault.plant(source) for fault in faults(source, path)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", ["pass", "x = a <= b", "x = a >= b"]),
        ("x = a <= b", ["pass", "x = a < b", "x = a > b"]),
        ("x = a > b", ["pass", "x = a <= b", "x = a >= b"]),
        ("x = a >= b", ["pass", "x = a < b", "x = a > b"]),
        ("x = a == b", ["pass", "x = a != b"]),
        ("x = a != b", ["pass", "x = a == b"]),
        ("x = a is b", ["pass", "x = a is not b"]),
        ("x = a is not b", ["pass", "x = a is b"]),
        ("x = a in b", ["pass", "x = a not in b"]),
        ("x = a not in b", ["pass", "x = a in b"]),
        ("x = not a", ["pass", "x = a"]),
        ("x = a and b", ["pass", "x = a or b"]),
        ("x = a or b", ["pass", "x = a and b"]),
        ("x = a + b", ["pass", "x = a - b"]),
        ("x = a - b", ["pass", "x = a + b"]),
        ("x = a * b", ["pass", "x = a + b"]),
        ("x = a // b", ["pass", "x = a * b"]),
        ("x = a % b", ["pass", "x = a + b"]),
        ("x = a ** b", ["pass", "x = a * b"]),
        ("x = a << b", ["pass", "x = a >> b"]),
        ("x = a >> b", ["pass", "x = a << b"]),
        ("x = a & b", ["pass", "x = a | b"]),
        ("x = a | b", ["pass", "x = a & b"]),
        ("x = a ^ b", ["pass", "x = a | b"]),
        ("x = -a", ["pass", "x = a"]),
        ("x = True", ["pass", "x = False"]),
        ("x = 0", ["pass", "x = 1"]),
        ("x = 7", ["pass", "x = 6", "x = 8"]),
        ("x = 0x10", ["pass", "x = 0x11", "x = 0xf"]),
        ("x = 1_000", ["pass", "x = 1001", "x = 999"]),
        ("x += a", ["pass", "x -= a", "x = a"]),
        ("x |= a", ["pass", "x &= a", "x = a"]),
        ("f(a)", ["pass"]),
        ("raise a", ["pass"]),
        ("del a", ["pass"]),
        ("break", ["pass", "continue"]),
        ("return a", ["return None"]),
        ("f(*a, **b)", ["pass"]),
    ],
)
def test_each_operator_constant_and_statement(source: str, expected: list[str]) -> None:
    assert sorted(planted(f" {source}")) == sorted(f" {line}" for line in expected)


def test_a_name_of_a_module_is_never_taken_away() -> None:
    assert planted("x = a + b") == ["x = a - b"]
    assert planted("f(a)") == ["pass"]


def test_a_condition_is_negated_or_fixed() -> None:
    assert planted("if a:\n    pass\n") == [
        "if False and (a):\n    pass\n",
        "if True or (a):\n    pass\n",
        "if not (a):\n    pass\n",
    ]


def test_the_condition_of_a_loop_is_never_always_true() -> None:
    assert planted("while a:\n    pass\n") == [
        "while False and (a):\n    pass\n",
        "while not (a):\n    pass\n",
    ]


def test_a_statement_over_several_lines_is_one() -> None:
    assert planted("f(\n    a,  # b < c\n)\ng\n") == ["pass\ng\n"]


@pytest.mark.parametrize(
    "source",
    [
        '"""Less than 3 < 4."""',
        "import a",
        "from a import b",
        "# x = a < 3",
        "@a",
        "def f(a: int | None) -> int | None:",
        "class A(B, frozen=True):",
        "x: dict[str, int] | None",
        "cdef int x",
        "cdef uint8_t* x",
        "from a cimport b",
        "if TYPE_CHECKING:",
        '__slots__ = ("a", "b")',
    ],
)
def test_declarations_and_documents_have_no_fault(source: str) -> None:
    assert planted(source, "a.pyx") == []


def test_a_default_has_the_faults_of_a_constant() -> None:
    assert planted("def f(a: int = 1, b: bool = True, c=d + 1):") == [
        "def f(a: int = 0, b: bool = True, c=d + 1):",
        "def f(a: int = 2, b: bool = True, c=d + 1):",
        "def f(a: int = 1, b: bool = False, c=d + 1):",
    ]


def test_the_type_of_a_declared_value_stays() -> None:
    assert planted("x: int | None = a + b") == ["x: int | None = a - b"]
    assert planted("cdef uint8_t* x = a + b", "a.pyx") == ["cdef uint8_t* x = a - b"]


def test_a_cast_and_an_address_are_no_comparison_and_no_mask() -> None:
    assert planted("x = <uint8_t*> &a", "a.pyx") == []


def test_the_in_of_a_loop_is_no_test() -> None:
    assert planted("for a in b:\n    pass\n") == []
    assert planted("x = [a for a in b]") == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "x = a < 1u;",
            [";", "x = a <= 1u;", "x = a >= 1u;", "x = a < 0u;", "x = a < 2u;"],
        ),
        ("x = a && b;", [";", "x = a || b;"]),
        ("x = a || b;", [";", "x = a && b;"]),
        ("x++;", [";", "x--;"]),
        ("x = !a;", [";", "x = a;"]),
        ("f(a);", [";"]),
        ("uint32_t x = a;", []),
        ("return a;", []),
        ("if (a) {", ["if (!(a)) {", "if (0 && (a)) {"]),
        ("if (a) f(b);", ["if (!(a)) f(b);", "if (0 && (a)) f(b);", "if (a) ;"]),
        (
            "#define A() do { f(a); } while (0)\n",
            [
                "#define A() do { ; } while (0)\n",
                "#define A() do { f(a); } while (!(0))\n",
                "#define A() do { f(a); } while (1)\n",
            ],
        ),
        ("#include <a.h>\n", []),
        ("#if A < 3\n", []),
        ("#define A 3\n", ["#define A 2\n", "#define A 4\n"]),
        ("#define A(x) \\\n    (x + y)\n", ["#define A(x) \\\n    (x - y)\n"]),
        ("/* a < b; */ // c = d;\n", []),
    ],
)
def test_faults_of_c(source: str, expected: list[str]) -> None:
    assert sorted(planted(source, "a.h")) == sorted(expected)


def test_every_fault_of_a_line_is_in_the_order_of_its_place() -> None:
    places = [fault.start for fault in faults("x = a < 1\ny = b + c\n", "a.py")]
    assert places == sorted(places)


def test_a_fault_is_not_planted_where_its_text_is_not() -> None:
    fault = Fault(4, "a", "b")
    assert fault.plant("x = a") == "x = b"
    with pytest.raises(ValueError, match="no 'a' at 4"):
        fault.plant("x = c")


def test_a_status_that_is_only_compared_with_its_error_stays() -> None:
    head = "cdef int f(self) except -1:\n"
    assert planted(f"{head}    return 0\n", "a.pyx") == []
    either = f"{head}    if a:\n        return 1\n    return 0\n"
    assert f"{head}    if a:\n        return 1\n    return 1\n" in planted(
        either, "a.pyx"
    )
    other = "cdef int f(self) except 0:\n    return 0\n"
    assert planted(other, "a.pyx") == ["cdef int f(self) except 0:\n    return 1\n"]
    two = f"{head}    return 0\n\n{other}"
    assert planted(two, "a.pyx") == [
        f"{head}    return 0\n\ncdef int f(self) except 0:\n    return 1\n"
    ]


def test_a_check_of_our_own_stays_but_may_fail_too_often() -> None:
    check = 'if a:\n    raise InternalError("x")\nb = 1\n'
    found = planted(check, "a.py")
    assert f"if not (a):{check[5:]}" in found
    assert f"if True or (a):{check[5:]}" in found
    assert check.replace("b = 1", "b = 2") in found
    assert f"if False and (a):{check[5:]}" not in found
    assert not any("pass" in source for source in found)
    other = check.replace("InternalError", "ValueError")
    assert f"if False and (a):{other[5:]}" in planted(other, "a.py")
    assert "if a:\n    pass\nb = 1\n" in planted(other, "a.py")


def test_the_lengths_of_a_zip_stay_checked() -> None:
    assert planted("return zip(a, strict=True)\n", "a.pyx") == []
    assert planted("return sorted(a, reverse=True)\n", "a.pyx") == [
        "return sorted(a, reverse=False)\n"
    ]
