"""One golden file for each shape of control flow: `<shape>.expected.wat`.

`make bless` rewrites them (it sets BLESS); read the difference before committing it.
"""

import os
from pathlib import Path

import pytest

from contractvm.metering.instrument import instrument_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.wasm_tools import wasm_tools
from tests.helpers.wat import wat_to_wasm

FOLDER = Path(__file__).with_name("gas")
SHAPES = sorted(path.stem for path in FOLDER.glob("*.wat") if "." not in path.stem)
SCHEDULE = load_schedule("ewasm-metered")
IS_BLESSING = os.environ.get("BLESS") == "1"


def instrumented(shape: str) -> bytes:
    module = decode_module(wat_to_wasm(FOLDER.joinpath(f"{shape}.wat").read_text()))
    heights = validate_module(module).operand_heights
    return encode_module(instrument_module(module, heights, SCHEDULE))


def bless(shape: str, wasm: bytes) -> None:
    printed = wasm_tools(["print"], wasm)
    FOLDER.joinpath(f"{shape}.expected.wat").write_bytes(printed)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_instrumented_as_its_golden_file_shows(shape: str) -> None:
    wasm = instrumented(shape)
    if IS_BLESSING:
        bless(shape, wasm)
    expected = FOLDER.joinpath(f"{shape}.expected.wat").read_text()
    # Bytes are compared, so another printer's layout makes no difference.
    assert wasm == wat_to_wasm(expected)


def test_every_golden_file_belongs_to_a_shape() -> None:
    expected = {path.name.split(".")[0] for path in FOLDER.glob("*.expected.wat")}
    assert expected == set(SHAPES)
    assert len(SHAPES) == 36
