"""Every kind of untrusted file, and the errors that it may give."""

import io
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import msgspec

from chain_sim.cosmos.errors import NotSimulated
from chain_sim.cosmos.files.cases import decode_case as decode_cosmos_case
from chain_sim.cosmos.files.cases import replay_case as replay_cosmos_case
from chain_sim.cosmos.files.cases import require_bounded as require_cosmos_bounded
from chain_sim.cosmos.files.dumps import load_dump as load_cosmos_dump
from chain_sim.cosmos.files.errors import (
    CaseUnbounded,
    MalformedChainFile,
    StateIncomplete,
)
from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.blocks.genesis import decode_genesis, encode_genesis
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.documents.abi_registry import AbiRegistry, AbiTooLarge
from chain_sim.ethereum.documents.proof_document import parse_proof
from chain_sim.ethereum.dumps.errors import MalformedDump, WrongStateRoot
from chain_sim.ethereum.dumps.load import load_into
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.errors import (
    ChainError,
    InvalidGenesis,
    InvalidTransaction,
)
from chain_sim.ethereum.primitives.strict_json import decode_text, parse_json
from chain_sim.ethereum.primitives.text import Hash32, InvalidText, keccak256
from chain_sim.ethereum.primitives.transactions import (
    KNOWN_TYPES,
    decode_transaction,
    encode_transaction,
    recover_sender,
)
from chain_sim.ethereum.state.account import decode_account, decode_storage_value
from chain_sim.ethereum.state.account_proof import verify_account
from chain_sim.ethereum.state_tests.state_tests import (
    InvalidStateTest,
    StateTestEngines,
    run_state_test_file,
)
from chain_sim.ethereum.trie import DatabaseNodes, Trie
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.proof_errors import InvalidProof, MalformedProof
from contract_fuzz.campaign.corpus_directory import read_entry
from contract_fuzz.errors import InvalidEntry
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.bind import bound_module
from contract_testing.contracts.events import read_log
from contract_testing.contracts.failures import reverted
from contract_testing.contracts.shapes import results_of
from contract_testing.coverage.counts import read_counts
from contract_testing.coverage.report import make_report, table_lines
from contract_testing.properties.contract_abi import ContractAbi, decode_results
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.evm.interface import Log
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.program_code import (
    FRAGMENT_PREFIX,
    PREFIX,
    ROOT_PREFIX,
    MalformedProgram,
    unpack_program,
)
from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.source_map import MalformedSourceMap, map_rows
from contractvm.ledger.wat_lines import with_text_lines
from contractvm.runtime.module_source import MalformedText, assemble
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names
from contractvm_cli import run_cases
from contractvm_cli.commands.schedule import schedule_document
from contractvm_cli.failures import CommandFailed
from gas_schedule.differences import differences
from gas_schedule.errors import ScheduleError, UnknownSchedule
from gas_schedule.loader import load_schedule, parse_schedule
from tools.fuzz import file_damage as damage
from tools.fuzz import file_seeds as seeds
from tools.fuzz.file_surface import Surface
from tools.fuzz.text_damage import JSON, TOML, WAT

REPLAYED_GAS = 1_000_000
KEY = b"\x12" * 32


def take_case(data: bytes) -> None:
    """Read it, and run it if it ends soon."""
    case = decode_case(decode_text(data, MalformedCase))
    encode_case(case)
    blocks = case.blocks
    gas = sum(
        sent.transaction.gas_limit for block in blocks for sent in block.transactions
    )
    if gas <= REPLAYED_GAS and not case.rules.read_schedule().free_jumps:
        replay_case(case)


def take_cosmos_case(data: bytes) -> None:
    """Read, and run if it is bounded."""
    case = decode_cosmos_case(data)
    require_cosmos_bounded(case)
    if sum(step.sent.gas_limit for step in case.steps) <= seeds.GAS:
        replay_cosmos_case(case)


def take_cosmos_dump(data: bytes) -> None:
    load_cosmos_dump(_as_path(data), MemoryDatabase())


def take_transaction(data: bytes) -> None:
    """As a node takes it: strictly, and with its sender."""
    tx = decode_transaction(data, KNOWN_TYPES)
    recover_sender(tx, seeds.CHAIN_ID)
    if encode_transaction(tx) != data:
        raise AssertionError("not the bytes that were decoded")


def take_dump(data: bytes) -> None:
    load_into(MemoryDatabase(), io.BytesIO(data))


def take_genesis(data: bytes) -> None:
    encode_genesis(decode_genesis(decode_text(data, InvalidGenesis)))


def take_proof(data: bytes) -> None:
    """As good as the first node says: the root is its hash."""
    document = parse_json(decode_text(data, MalformedProof), MalformedProof)
    proof = parse_proof(document)
    verify_account(keccak256(proof.proof[0] if proof.proof else b""), proof)


def take_node(data: bytes) -> None:
    """Alone, and as the root of a trie that is read and changed.

    What one of these refuses, another might not survive: each has its turn.
    """
    root = keccak256(data)
    database = MemoryDatabase()
    database.write_batch({node_key(root): data})
    trie = Trie(DatabaseNodes(database), root)
    key = key_in(data)
    for step in (
        lambda: decode_account(trie.get(key) or data, b""),
        lambda: decode_storage_value(data, b""),
        lambda: list(trie.items()),
        lambda: trie.updated({key: b"\1"}),
        lambda: trie.updated({key: b""}),
    ):
        with suppress(DatabaseDamaged, MissingNode):
            step()
    decode_node(data, root)


def key_in(data: bytes) -> bytes:
    """A key that a leaf may have: its path, or another that is as long."""
    path = data[3:36] if data[:1] == b"\xf8" else data[2:35]
    return path[1:].ljust(32, b"\x12")


def take_schedule(data: bytes) -> None:
    schedule = parse_schedule(data, Path("fuzzed.toml"))
    json.dumps(schedule_document(schedule))
    [entry.ratio for entry in differences(load_schedule("contractvm-1"), schedule)]


def take_abi_file(data: bytes) -> None:
    output = bytes(31) + b"\x20" + bytes(31) + b"\1" + bytes(64)
    with suppress(InvalidAbi, AbiTooLarge):
        take_registered_abi(data, output)
    abi = ContractAbi(data)
    for function in abi.functions:
        function.decode(function.selector + output)
        decode_results(function, output)
    abi.event(Log(b"\0" * 20, (Hash32(KEY),), output))


def take_registered_abi(data: bytes, output: bytes) -> None:
    registry = AbiRegistry({})
    abi = registry.add(Hash32(KEY), data)
    if registry.get(Hash32(KEY)) != abi:
        raise AssertionError("what was kept is another ABI")
    selectors = [one.selector for one in (*abi.functions, *abi.errors)]
    found = [read(one + output) for one in selectors for read in (abi.call, abi.error)]
    topics = [(one.topic,) for one in abi.events]
    found += [abi.event(given, output) for given in (*topics, ())]
    msgspec.json.encode(found)


def take_bound_abi(data: bytes) -> None:
    """As contract objects read it, and as `contractvm bind` writes it."""
    abi = AbiContent.read(data)
    module = bound_module(data, "Fuzzed")
    compile(module, "fuzzed.py", "exec")
    output = bytes(31) + b"\x20" + bytes(31) + b"\1" + bytes(64)
    for function in abi.functions:
        results_of(function.outputs, output)
    read_log(Log(b"\0" * 20, (Hash32(KEY),), output), 0, abi, str)
    reverted(output, abi.errors, ())


def take_counts(data: bytes) -> None:
    """A file of coverage, in the folder that its hash names."""
    folder = Path(mkdtemp())
    try:
        place = folder / bytes(32).hex()
        place.mkdir()
        (place / "module.wasm").write_bytes(b"\0asm")
        (place / "main.cov").write_bytes(data)
        counts, _ = read_counts([folder])
        table_lines(make_report(counts, folder))
    finally:
        rmtree(folder)


def take_abi_values(data: bytes) -> None:
    """As the arguments of a command line come: what is no UTF-8 is kept."""
    text = data.decode("utf-8", "surrogateescape")
    signature, _, rest = text.partition("\n")
    output, *arguments = rest.split("\n")
    try:
        content = bytes.fromhex(output)
    except ValueError:
        content = output.encode("utf-8", "surrogateescape")
    function = parse_function(signature)
    json.dumps(function.decode_output(content))
    function.encode_text(arguments)


def take_wat(data: bytes) -> None:
    with_text_lines(assemble("fuzzed.wat", data), data, "fuzzed.wat")


def take_debug_module(data: bytes) -> None:
    info = DebugInfo.of_code(data)
    info.inlining().at(0)


def take_source_map(data: bytes) -> None:
    map_rows(data, "fuzzed.map")


def take_name_module(data: bytes) -> None:
    func_names(decode_module(data))


def take_stylus_program(data: bytes) -> None:
    """As the code of an account, packed badly; and as a module to activate."""
    for code in (PREFIX + data, PREFIX + b"\0" + data, ROOT_PREFIX + data):
        with suppress(MalformedProgram):
            unpack_program(code, StylusParameters(), lambda _: FRAGMENT_PREFIX + data)
    check_program(data, TYPES, StylusParameters())


def take_entry(data: bytes) -> None:
    read_entry(_as_path(data))


def take_run_case(data: bytes) -> None:
    run_cases.read_case(_as_path(data))


def take_state_test(data: bytes) -> None:
    run_state_test_file(_as_path(data), _state_test_engines())


@cache
def _state_test_engines() -> StateTestEngines:
    return StateTestEngines()


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="fuzz-files-", dir=_memory_folder()))


def _memory_folder() -> str | None:
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() else None


def _as_path(data: bytes) -> Path:
    path = _folder() / "fuzzed.json"
    path.write_bytes(data)
    return path


LOADING = (MalformedDump, WrongStateRoot, InvalidGenesis)
JSON_MUTANTS = damage.text_mutants(JSON)
SURFACES = (
    Surface("case", seeds.cases, damage.case_mutants, take_case, (ChainError,), 60),
    Surface(
        "cosmos case",
        seeds.cosmos_cases,
        JSON_MUTANTS,
        take_cosmos_case,
        (MalformedChainFile, StateIncomplete, CaseUnbounded, NotSimulated),
        60,
    ),
    Surface(
        "cosmos dump",
        seeds.cosmos_dumps,
        JSON_MUTANTS,
        take_cosmos_dump,
        (MalformedChainFile,),
        60,
    ),
    Surface(
        "transaction",
        seeds.raw_transactions,
        damage.envelope_mutants,
        take_transaction,
        (InvalidTransaction,),
        300,
    ),
    Surface("dump", seeds.own_dumps, damage.zipped_too, take_dump, LOADING, 30),
    Surface("anvil", seeds.foreign_states, damage.zipped_too, take_dump, LOADING, 40),
    Surface("geth", seeds.foreign_genesis, damage.zipped_too, take_dump, LOADING, 40),
    Surface(
        "genesis",
        seeds.genesis_files,
        JSON_MUTANTS,
        take_genesis,
        (InvalidGenesis,),
        100,
    ),
    Surface(
        "proof",
        seeds.proofs,
        damage.proof_mutants,
        take_proof,
        (InvalidProof, MalformedProof),
        100,
    ),
    Surface(
        "trie node",
        seeds.trie_nodes,
        damage.rlp_mutants,
        take_node,
        (DatabaseDamaged, MissingNode),
        200,
    ),
    Surface(
        "gas schedule",
        seeds.schedules,
        damage.text_mutants(TOML),
        take_schedule,
        (ScheduleError,),
        20,
    ),
    Surface(
        "abi file", seeds.abi_files, JSON_MUTANTS, take_abi_file, (InvalidAbi,), 80
    ),
    Surface(
        "bound abi", seeds.abi_files, JSON_MUTANTS, take_bound_abi, (InvalidAbi,), 80
    ),
    Surface(
        "interface text",
        seeds.interface_texts,
        damage.text_mutants(WAT),
        take_bound_abi,
        (InvalidAbi,),
        80,
    ),
    Surface(
        "coverage counts",
        seeds.coverage_counts,
        damage.damaged_bytes,
        take_counts,
        (),
        150,
    ),
    Surface(
        "abi values",
        seeds.abi_values,
        damage.line_mutants,
        take_abi_values,
        (InvalidText,),
        150,
    ),
    Surface(
        "debug information",
        seeds.debug_modules,
        damage.section_mutants,
        take_debug_module,
        (),
        100,
    ),
    Surface(
        "source map",
        seeds.source_maps,
        damage.byte_mutants,
        take_source_map,
        (MalformedSourceMap,),
        100,
    ),
    Surface(
        "names", seeds.name_modules, damage.section_mutants, take_name_module, (), 150
    ),
    Surface(
        "stylus program",
        seeds.stylus_programs,
        damage.byte_mutants,
        take_stylus_program,
        (MalformedModule, InvalidModule),
        100,
    ),
    Surface(
        "wat",
        seeds.wat_texts,
        damage.text_mutants(WAT),
        take_wat,
        (MalformedText,),
        100,
    ),
    Surface(
        "corpus entry",
        seeds.corpus_entries,
        JSON_MUTANTS,
        take_entry,
        (InvalidEntry,),
        80,
    ),
    Surface(
        "run case",
        seeds.run_cases,
        JSON_MUTANTS,
        take_run_case,
        (CommandFailed,),
        80,
    ),
    Surface(
        "state test",
        seeds.state_tests,
        JSON_MUTANTS,
        take_state_test,
        (InvalidStateTest, ChainError, ScheduleError, UnknownSchedule),
        40,
    ),
)
