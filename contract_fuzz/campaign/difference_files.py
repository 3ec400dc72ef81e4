"""The files of a difference: its case, its modules, and a test for pytest.

The test passes as soon as the difference is gone, whichever engine was wrong.
"""

from pathlib import Path

from chain_sim.ethereum.capture.case_document import encode_case
from contract_fuzz.campaign.difference_reports import Explained

ENGINES_TEST = '''"""{title}

Found by `contractvm fuzz`. Both engines must give the same result.
"""

from pathlib import Path

import pytest

from chain_sim.ethereum.capture.case_document import read_case
from chain_sim.ethereum.capture.replaying import replay_case

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", {names})
def test_engines_come_to_the_same(name: str) -> None:
    case = read_case(HERE / name)
    interpreter = replay_case(case, "interpreter")
    other = replay_case(case, "{engine}")
    assert interpreter.outcomes == other.outcomes
    assert len(interpreter.outcomes) == len(case.outcomes)
'''
PROCESSES_TEST = '''"""{title}

Found by `contractvm fuzz`. Each run must give the result in the case, also in
processes with other hash seeds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("hash_seed", ["0", "1", "20261126"])
@pytest.mark.parametrize("name", {names})
def test_every_process_comes_to_the_same(name: str, hash_seed: str) -> None:
    replay = [sys.executable, "-m", "contractvm_cli", "replay", str(HERE / name)]
    done = subprocess.run(
        [*replay, "--trust"],
        env={{**os.environ, "PYTHONHASHSEED": hash_seed}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
'''


def write_difference(folder: Path, stem: str, explained: Explained) -> list[Path]:
    """Write the files, named from `stem`; return the paths, the test's first."""
    contents = {f"{stem}.case.json": encode_case(explained.case).encode()}
    contents[f"{stem}.wasm"] = explained.code
    names = [f"{stem}.case.json"]
    if explained.shrunk is not None:
        names.append(f"{stem}.shrunk.case.json")
        contents[names[-1]] = encode_case(explained.shrunk.case).encode()
        contents[f"{stem}.shrunk.wasm"] = explained.shrunk.code
    template = PROCESSES_TEST if explained.engine is None else ENGINES_TEST
    test = template.format(
        title=explained.finding.name.replace("\\", "/").replace('"', "'") + ".",
        names=str(names).replace("'", '"'),
        engine=explained.engine,
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder.joinpath(f"test_{stem.replace('-', '_')}.py")]
    paths[0].write_text(test)
    for name, content in contents.items():
        paths.append(folder.joinpath(name))
        paths[-1].write_bytes(content)
    return paths
