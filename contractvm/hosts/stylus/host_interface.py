"""The Stylus host interface as a value.

What a module must keep to, `module_rules` checks when it is activated: the profile lets
pass what was. Functions of debug chains can be linked, but are refused there.
"""

from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.interface import CodeAt, CodeForm, HostInterface
from contractvm.hosts.stylus.costs import SECTIONS
from contractvm.hosts.stylus.deployment import build_init_code
from contractvm.hosts.stylus.functions import DEBUG_FUNCTIONS, FUNCTIONS, TYPES
from contractvm.hosts.stylus.metering import STYLUS_METERING
from contractvm.hosts.stylus.module_rules import (
    ENTRY,
    ENTRY_TYPE,
    MEMORY,
    ProgramFigures,
    check_program,
)
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.program_call import ProgramCall
from contractvm.hosts.stylus.program_code import (
    PREFIX,
    ROOT_PREFIX,
    pack_program,
    unpack_program,
)
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GREATEST_MAX_STACK_HEIGHT
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.validation.profile import Profile

PROFILE = Profile(
    name="stylus",
    floats="permitted",
    imports=TYPES,
    exports={ENTRY: ENTRY_TYPE, MEMORY: ExternKind.MEMORY},
    drops_more_exports=True,
)


def init_code(wasm: bytes) -> bytes:
    """The init code that deploys a module as a program."""
    return build_init_code(pack_program(wasm))


def unpack(code: bytes, code_at: CodeAt | None = None) -> bytes:
    """The module in a program's code, as the latest ArbOS reads it."""
    return unpack_program(code, StylusParameters(), code_at)


def check_latest(wasm: bytes) -> ProgramFigures:
    """Check a module by the rules of the latest ArbOS; raises as `check_program`."""
    return check_program(wasm, TYPES, StylusParameters())


INTERFACE = HostInterface(
    name="stylus",
    profile=PROFILE,
    functions=FUNCTIONS + DEBUG_FUNCTIONS,
    sections=(TransactionCosts, PrecompileCosts, *SECTIONS),
    start_call=ProgramCall,
    metering=STYLUS_METERING,
    # Each run says how deep its stack may be.
    options=InstrumentationOptions(
        max_stack_height=GREATEST_MAX_STACK_HEIGHT, defer_start=True
    ),
    code_forms=(CodeForm(PREFIX, 4), CodeForm(ROOT_PREFIX, 4)),
    init_code=init_code,
    pack=pack_program,
    unpack=unpack,
    memory_export=MEMORY,
    checks_new_code=False,
    fork="arbitrum",
    check_module=check_latest,
    bounding_schedules=("stylus-1",),
    charges_amounts=True,
)
