"""Local chains, which run contracts as a deployed chain would."""

from gas_schedule.face import install_face

TYPE_CHECKING = False  # as in typing, which takes longer to import than all else here
if TYPE_CHECKING:
    from chain_sim.cosmos.accounts.coins import (
        Coin as Coin,
    )
    from chain_sim.cosmos.chain.cosmos_chain import CosmosChain as CosmosChain
    from chain_sim.cosmos.chain.transactions import (
        TransactionFailed as TransactionFailed,
    )
    from chain_sim.cosmos.errors import CosmosError as CosmosError
    from chain_sim.cosmos.errors import NotSimulated as NotSimulated
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
    from chain_sim.database.leveldb.level import LevelDatabase as LevelDatabase
    from chain_sim.database.memory import MemoryDatabase as MemoryDatabase
    from chain_sim.ethereum.blocks.accounts import (
        DEVELOPER_ACCOUNTS as DEVELOPER_ACCOUNTS,
    )
    from chain_sim.ethereum.blocks.accounts import (
        DeveloperAccount as DeveloperAccount,
    )
    from chain_sim.ethereum.blocks.chain_point import ChainPoint as ChainPoint
    from chain_sim.ethereum.blocks.genesis import (
        GenesisAccount as GenesisAccount,
    )
    from chain_sim.ethereum.blocks.genesis import (
        GenesisConfig as GenesisConfig,
    )
    from chain_sim.ethereum.blocks.genesis_block import (
        default_genesis as default_genesis,
    )
    from chain_sim.ethereum.blocks.transaction_receipt import (
        TransactionReceipt as TransactionReceipt,
    )
    from chain_sim.ethereum.capture.case import (
        Case as Case,
    )
    from chain_sim.ethereum.capture.case import (
        CaseBlock as CaseBlock,
    )
    from chain_sim.ethereum.capture.case import (
        SentTransaction as SentTransaction,
    )
    from chain_sim.ethereum.capture.case import (
        rules_with as rules_with,
    )
    from chain_sim.ethereum.capture.case_document import (
        decode_case as decode_case,
    )
    from chain_sim.ethereum.capture.case_document import (
        encode_case as encode_case,
    )
    from chain_sim.ethereum.capture.case_document import (
        read_case as read_case,
    )
    from chain_sim.ethereum.capture.making import (
        make_case as make_case,
    )
    from chain_sim.ethereum.capture.making import (
        state_of as state_of,
    )
    from chain_sim.ethereum.capture.replaying import replay_case as replay_case
    from chain_sim.ethereum.chain.blockchain import Blockchain as Blockchain
    from chain_sim.ethereum.chain.remote.errors import (
        InvalidNodeAnswer as InvalidNodeAnswer,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        NodeError as NodeError,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        NodeRefused as NodeRefused,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        NodeUnreachable as NodeUnreachable,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        NotServed as NotServed,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        StillWaiting as StillWaiting,
    )
    from chain_sim.ethereum.chain.remote.errors import (
        TransactionRefused as TransactionRefused,
    )
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain as NodeChain
    from chain_sim.ethereum.dumps.load import (
        LoadOptions as LoadOptions,
    )
    from chain_sim.ethereum.dumps.load import (
        load_chain as load_chain,
    )
    from chain_sim.ethereum.execution.cross_check import (
        EngineDifference as EngineDifference,
    )
    from chain_sim.ethereum.execution.state_transition import (
        TransactionResult as TransactionResult,
    )
    from chain_sim.ethereum.forks import (
        BYZANTIUM as BYZANTIUM,
    )
    from chain_sim.ethereum.forks import (
        Fork as Fork,
    )
    from chain_sim.ethereum.gas_report.chain_reports import (
        ReportOptions as ReportOptions,
    )
    from chain_sim.ethereum.gas_report.valuation import MustRunAgain as MustRunAgain
    from chain_sim.ethereum.primitives.errors import (
        ChainError as ChainError,
    )
    from chain_sim.ethereum.primitives.errors import (
        InvalidTransaction as InvalidTransaction,
    )
    from chain_sim.ethereum.primitives.transactions import (
        AccessListTransaction as AccessListTransaction,
    )
    from chain_sim.ethereum.primitives.transactions import (
        FeeMarketTransaction as FeeMarketTransaction,
    )
    from chain_sim.ethereum.primitives.transactions import (
        Transaction as Transaction,
    )
    from chain_sim.ethereum.primitives.transactions import (
        sign_transaction as sign_transaction,
    )

install_face(
    globals(),
    {
        "chain_sim.cosmos.chain.cosmos_chain": ("CosmosChain",),
        "chain_sim.cosmos.chain.transactions": ("TransactionFailed",),
        "chain_sim.cosmos.errors": ("CosmosError", "NotSimulated"),
        "chain_sim.database.leveldb.level": ("LevelDatabase",),
        "chain_sim.database.memory": ("MemoryDatabase",),
        "chain_sim.ethereum.blocks.accounts": (
            "DEVELOPER_ACCOUNTS",
            "DeveloperAccount",
        ),
        "chain_sim.ethereum.blocks.chain_point": ("ChainPoint",),
        "chain_sim.ethereum.blocks.genesis": ("GenesisAccount", "GenesisConfig"),
        "chain_sim.ethereum.blocks.genesis_block": ("default_genesis",),
        "chain_sim.ethereum.blocks.transaction_receipt": ("TransactionReceipt",),
        "chain_sim.ethereum.capture.case": (
            "Case",
            "CaseBlock",
            "SentTransaction",
            "rules_with",
        ),
        "chain_sim.ethereum.capture.case_document": (
            "decode_case",
            "encode_case",
            "read_case",
        ),
        "chain_sim.ethereum.capture.making": ("make_case", "state_of"),
        "chain_sim.ethereum.capture.replaying": ("replay_case",),
        "chain_sim.ethereum.chain.blockchain": ("Blockchain",),
        "chain_sim.ethereum.chain.remote.errors": (
            "InvalidNodeAnswer",
            "NodeError",
            "NodeRefused",
            "NodeUnreachable",
            "NotServed",
            "StillWaiting",
            "TransactionRefused",
        ),
        "chain_sim.ethereum.chain.remote.node_chain": ("NodeChain",),
        "chain_sim.ethereum.dumps.load": ("LoadOptions", "load_chain"),
        "chain_sim.ethereum.execution.cross_check": ("EngineDifference",),
        "chain_sim.ethereum.execution.state_transition": ("TransactionResult",),
        "chain_sim.ethereum.forks": ("BYZANTIUM", "Fork"),
        "chain_sim.ethereum.gas_report.chain_reports": ("ReportOptions",),
        "chain_sim.ethereum.gas_report.valuation": ("MustRunAgain",),
        "chain_sim.ethereum.primitives.errors": ("ChainError", "InvalidTransaction"),
        "chain_sim.ethereum.primitives.transactions": (
            "AccessListTransaction",
            "FeeMarketTransaction",
            "Transaction",
            "sign_transaction",
        ),
        "chain_sim.cosmos.accounts.coins": ("Coin",),
        "chain_sim.cosmos.schema.errors": (
            "InvalidSchema",
            "UnfitAnswer",
            "UnfitMessage",
        ),
        "chain_sim.cosmos.schema.schema": ("CosmosSchema",),
    },
)
