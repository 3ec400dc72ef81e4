"""The time of a pairing check and of a multiplication on alt_bn128, beside py_ecc's.

    python -m benchmarks.pairing

py_ecc is called as a precompiled contract would: each point of G2 has its order
checked, and the pairs share one final exponentiation.
"""

from functools import partial

import py_ecc.optimized_bn128 as curve
from py_ecc.optimized_bn128.optimized_pairing import final_exponentiate

from benchmarks.measuring import interleaved_medians
from chain_sim.ethereum.precompiles.bn128 import bn128_mul, bn128_pairing

ROUNDS = 5
PAIR_COUNTS = (1, 2, 4)
SCALAR = 2**256 - 1


def encoded(*coordinates: object) -> bytes:
    return b"".join(int(str(part)).to_bytes(32, "big") for part in coordinates)


def pair(scalar: int) -> tuple[tuple, tuple]:
    return curve.multiply(curve.G1, scalar), curve.multiply(curve.G2, scalar + 1)


def pair_bytes(scalar: int) -> bytes:
    first, second = (curve.normalize(point) for point in pair(scalar))
    x, y = (part.coeffs for part in second)
    return encoded(*(part.n for part in first), x[1], x[0], y[1], y[0])


def py_ecc_check(pairs: list[tuple[tuple, tuple]]) -> bool:
    product = curve.FQ12.one()
    for first, second in pairs:
        if not curve.is_inf(curve.multiply(second, curve.curve_order)):
            raise ValueError("not in the subgroup")
        product *= curve.pairing(second, first, final_exponentiate=False)
    return final_exponentiate(product) == curve.FQ12.one()


def main() -> None:
    for count in PAIR_COUNTS:
        times = interleaved_medians(
            {
                "py_ecc": partial(py_ecc_check, [pair(n + 2) for n in range(count)]),
                "ours": partial(
                    bn128_pairing, b"".join(pair_bytes(n + 2) for n in range(count))
                ),
            },
            ROUNDS,
        )
        print(line(f"pairing check, {count} pairs", times))
    point = encoded(*(part.n for part in curve.normalize(pair(5)[0])))
    times = interleaved_medians(
        {
            "py_ecc": partial(curve.multiply, pair(5)[0], SCALAR),
            "ours": partial(bn128_mul, point + SCALAR.to_bytes(32, "big")),
        },
        ROUNDS,
    )
    print(line("multiplication", times))


def line(name: str, times: dict[str, float]) -> str:
    py_ecc, ours = (1000 * times[which] for which in ("py_ecc", "ours"))
    factor = f"{py_ecc / ours:.0f} times"
    return f"{name:24} py_ecc {py_ecc:6.1f} ms  ours {ours:5.2f} ms  {factor}"


if __name__ == "__main__":
    main()
