"""Tests of contracts: contract objects, the pytest plugin, Hypothesis machines."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
if TYPE_CHECKING:
    from chain_sim.cosmos.accounts.coins import (
        Coin as Coin,
    )
    from chain_sim.cosmos.schema.errors import (
        InvalidSchema as InvalidSchema,
    )
    from chain_sim.cosmos.schema.errors import (
        UnfitAnswer as UnfitAnswer,
    )
    from chain_sim.cosmos.schema.errors import (
        UnfitMessage as UnfitMessage,
    )
    from chain_sim.cosmos.schema.schema import (
        CosmosSchema as CosmosSchema,
    )
    from chain_sim.ethereum.primitives.arguments import (
        AddressLike as AddressLike,
    )
    from contract_testing.contracts.address import (
        Address as Address,
    )
    from contract_testing.contracts.contract import (
        Abi as Abi,
    )
    from contract_testing.contracts.contract import (
        Contract as Contract,
    )
    from contract_testing.contracts.contract import (
        Members as Members,
    )
    from contract_testing.contracts.descriptions import (
        Hashed as Hashed,
    )
    from contract_testing.contracts.errors import (
        AmbiguousCall as AmbiguousCall,
    )
    from contract_testing.contracts.errors import (
        ArgumentsMismatch as ArgumentsMismatch,
    )
    from contract_testing.contracts.errors import (
        DeployedWrongCode as DeployedWrongCode,
    )
    from contract_testing.contracts.errors import (
        InvalidUse as InvalidUse,
    )
    from contract_testing.contracts.errors import (
        NoConstructor as NoConstructor,
    )
    from contract_testing.contracts.errors import (
        NoContract as NoContract,
    )
    from contract_testing.contracts.errors import (
        NotActivated as NotActivated,
    )
    from contract_testing.contracts.errors import (
        NotAvailable as NotAvailable,
    )
    from contract_testing.contracts.errors import (
        NotPayable as NotPayable,
    )
    from contract_testing.contracts.errors import (
        UndecodableOutput as UndecodableOutput,
    )
    from contract_testing.contracts.errors import (
        UnfitValue as UnfitValue,
    )
    from contract_testing.contracts.errors import (
        UnsupportedConstructor as UnsupportedConstructor,
    )
    from contract_testing.contracts.events import (
        Event as Event,
    )
    from contract_testing.contracts.events import (
        EventKind as EventKind,
    )
    from contract_testing.contracts.events import (
        RawLog as RawLog,
    )
    from contract_testing.contracts.failures import (
        ContractFailure as ContractFailure,
    )
    from contract_testing.contracts.failures import (
        CustomError as CustomError,
    )
    from contract_testing.contracts.failures import (
        OutOfGas as OutOfGas,
    )
    from contract_testing.contracts.failures import (
        Panicked as Panicked,
    )
    from contract_testing.contracts.failures import (
        Reverted as Reverted,
    )
    from contract_testing.contracts.failures import (
        RevertedWithReason as RevertedWithReason,
    )
    from contract_testing.contracts.failures import (
        Trapped as Trapped,
    )
    from contract_testing.contracts.functions import (
        BoundFunction as BoundFunction,
    )
    from contract_testing.contracts.receipt import (
        Receipt as Receipt,
    )
    from contract_testing.contracts.values import (
        ether as ether,
    )
    from contract_testing.contracts.values import (
        gwei as gwei,
    )
    from contract_testing.cosmwasm.contract import (
        CosmosContract as CosmosContract,
    )
    from contract_testing.cosmwasm.failures import (
        ContractError as ContractError,
    )
    from contract_testing.cosmwasm.messages import (
        CosmosMessage as CosmosMessage,
    )
    from contract_testing.cosmwasm.messages import (
        CosmosMessages as CosmosMessages,
    )
    from contract_testing.cosmwasm.receipt import (
        CosmosEvent as CosmosEvent,
    )
    from contract_testing.cosmwasm.receipt import (
        CosmosReceipt as CosmosReceipt,
    )
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
        "contract_testing.contracts.address": ("Address",),
        "contract_testing.contracts.contract": ("Abi", "Contract", "Members"),
        "chain_sim.ethereum.primitives.arguments": ("AddressLike",),
        "contract_testing.contracts.functions": ("BoundFunction",),
        "contract_testing.contracts.descriptions": ("Hashed",),
        "contract_testing.contracts.errors": (
            "AmbiguousCall",
            "ArgumentsMismatch",
            "InvalidUse",
            "DeployedWrongCode",
            "NoConstructor",
            "NoContract",
            "NotActivated",
            "NotAvailable",
            "NotPayable",
            "UndecodableOutput",
            "UnfitValue",
            "UnsupportedConstructor",
        ),
        "contract_testing.contracts.events": ("Event", "EventKind", "RawLog"),
        "contract_testing.contracts.failures": (
            "ContractFailure",
            "CustomError",
            "OutOfGas",
            "Panicked",
            "Reverted",
            "RevertedWithReason",
            "Trapped",
        ),
        "contract_testing.contracts.receipt": ("Receipt",),
        "contract_testing.contracts.values": (
            "ether",
            "gwei",
        ),
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
        "chain_sim.cosmos.accounts.coins": ("Coin",),
        "chain_sim.cosmos.schema.errors": (
            "InvalidSchema",
            "UnfitAnswer",
            "UnfitMessage",
        ),
        "chain_sim.cosmos.schema.schema": ("CosmosSchema",),
        "contract_testing.cosmwasm.contract": ("CosmosContract",),
        "contract_testing.cosmwasm.failures": ("ContractError",),
        "contract_testing.cosmwasm.messages": (
            "CosmosMessage",
            "CosmosMessages",
        ),
        "contract_testing.cosmwasm.receipt": (
            "CosmosEvent",
            "CosmosReceipt",
        ),
    },
)
