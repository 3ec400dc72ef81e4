"""Tests of contracts: the pytest plugin and Hypothesis state machines."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
if TYPE_CHECKING:
    from contract_testing.properties import (
        Bundle as Bundle,
    )
    from contract_testing.properties import (
        CallFailed as CallFailed,
    )
    from contract_testing.properties import (
        ContractMachine as ContractMachine,
    )
    from contract_testing.properties import (
        Deployed as Deployed,
    )
    from contract_testing.properties import (
        GasBoundExceeded as GasBoundExceeded,
    )
    from contract_testing.properties import (
        PropertyFailed as PropertyFailed,
    )
    from contract_testing.properties import (
        Sent as Sent,
    )
    from contract_testing.properties import (
        UnexpectedFailure as UnexpectedFailure,
    )
    from contract_testing.properties import (
        UnexpectedRevert as UnexpectedRevert,
    )
    from contract_testing.properties import (
        UnexpectedSuccess as UnexpectedSuccess,
    )
    from contract_testing.properties import (
        consumes as consumes,
    )
    from contract_testing.properties import (
        gas_at_most as gas_at_most,
    )
    from contract_testing.properties import (
        initialize as initialize,
    )
    from contract_testing.properties import (
        invariant as invariant,
    )
    from contract_testing.properties import (
        multiple as multiple,
    )
    from contract_testing.properties import (
        precondition as precondition,
    )
    from contract_testing.properties import (
        rule as rule,
    )
    from contract_testing.properties import (
        strategy_for as strategy_for,
    )

install_face(
    globals(),
    {
        "contract_testing.properties": (
            "Bundle",
            "CallFailed",
            "ContractMachine",
            "Deployed",
            "GasBoundExceeded",
            "PropertyFailed",
            "Sent",
            "UnexpectedFailure",
            "UnexpectedRevert",
            "UnexpectedSuccess",
            "consumes",
            "gas_at_most",
            "initialize",
            "invariant",
            "multiple",
            "precondition",
            "rule",
            "strategy_for",
        ),
    },
)
