"""Fuzzing of contracts: the same case must give the same result everywhere."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
if TYPE_CHECKING:
    from chain_sim.ethereum.abi.abi_file import read_abi as read_abi
    from chain_sim.ethereum.abi.functions import (
        AbiFunction as AbiFunction,
    )
    from chain_sim.ethereum.abi.functions import (
        parse_function as parse_function,
    )
    from contract_fuzz.campaign.coordinator import (
        CampaignLimits as CampaignLimits,
    )
    from contract_fuzz.campaign.coordinator import (
        Coordinator as Coordinator,
    )
    from contract_fuzz.campaign.difference_files import (
        write_difference as write_difference,
    )
    from contract_fuzz.campaign.difference_reports import (
        explain_difference as explain_difference,
    )
    from contract_fuzz.campaign.report import make_report as make_report
    from contract_fuzz.cases.start_states import start_from_code as start_from_code
    from contract_fuzz.errors import FuzzError as FuzzError
    from contract_fuzz.judging.campaign import (
        Campaign as Campaign,
    )
    from contract_fuzz.judging.campaign import (
        GasObjective as GasObjective,
    )
    from contract_fuzz.oracles.oracle_registry import (
        ORACLES as ORACLES,
    )
    from contract_fuzz.oracles.oracle_registry import (
        named_oracles as named_oracles,
    )
    from contract_fuzz.workers.pools import (
        InProcess as InProcess,
    )
    from contract_fuzz.workers.pools import (
        Processes as Processes,
    )

install_face(
    globals(),
    {
        "chain_sim.ethereum.abi.abi_file": ("read_abi",),
        "chain_sim.ethereum.abi.functions": ("AbiFunction", "parse_function"),
        "contract_fuzz.campaign.coordinator": ("CampaignLimits", "Coordinator"),
        "contract_fuzz.campaign.difference_files": ("write_difference",),
        "contract_fuzz.campaign.difference_reports": ("explain_difference",),
        "contract_fuzz.campaign.report": ("make_report",),
        "contract_fuzz.cases.start_states": ("start_from_code",),
        "contract_fuzz.errors": ("FuzzError",),
        "contract_fuzz.judging.campaign": ("Campaign", "GasObjective"),
        "contract_fuzz.oracles.oracle_registry": ("ORACLES", "named_oracles"),
        "contract_fuzz.workers.pools": ("InProcess", "Processes"),
    },
)
