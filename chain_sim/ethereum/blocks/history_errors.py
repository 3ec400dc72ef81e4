"""Errors about branches, past states and times: one class per reason."""

from chain_sim.ethereum.primitives.errors import ChainError


class InvalidBranchName(ChainError):
    """Text that cannot name a branch."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"not a branch's name: {name!r}: {reason}")
        self.name = name
        self.reason = reason


class UnknownBranch(ChainError):
    """The chain has no branch with this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the chain has no branch {name!r}")
        self.name = name


class BranchExists(ChainError):
    """There is a branch with this name already."""

    def __init__(self, name: str, tip_number: int) -> None:
        super().__init__(
            f"there is a branch {name!r} already, which ends at block {tip_number}"
        )
        self.name = name
        self.tip_number = tip_number


class BranchInUse(ChainError):
    """The chain is on the branch, so it cannot be deleted."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the chain is on branch {name!r}: switch to another first")
        self.name = name


class UnknownTransactionIndex(ChainError):
    """The block has no transaction with this index."""

    def __init__(self, block_number: int, tx_index: int, tx_count: int) -> None:
        held = "no transactions"
        if tx_count:
            held = f"transactions 0 to {tx_count - 1}" if tx_count > 1 else "only 0"
        super().__init__(
            f"block {block_number} has no transaction {tx_index}: it has {held}"
        )
        self.block_number = block_number
        self.tx_index = tx_index
        self.tx_count = tx_count


class HistoryNotKept(ChainError):
    """The requested block is older than the oldest that is kept."""

    def __init__(self, oldest_number: int) -> None:
        super().__init__(
            f"no answer in the kept blocks: the state before block {oldest_number}"
            " is not kept"
        )
        self.oldest_number = oldest_number


class TimeNotAfterHead(ChainError):
    """The next block would not be later than the head; both are in seconds."""

    def __init__(self, head_time: int, wanted_time: int) -> None:
        super().__init__(
            f"the next block cannot have time {wanted_time}: the head has {head_time},"
            " and time only goes on"
        )
        self.head_time = head_time
        self.wanted_time = wanted_time


class TimeTooLate(ChainError):
    """A timestamp that does not fit a header's 64 bits."""

    def __init__(self, wanted_time: int, latest_time: int) -> None:
        super().__init__(
            f"time {wanted_time} is later than a block can have: {latest_time}"
        )
        self.wanted_time = wanted_time
        self.latest_time = latest_time
