"""Functions about gas, accounts, block and transaction."""

from contractvm.hosts.evm.frame import Frame, refusal

HASH_AVAILABLE, HASH_UNAVAILABLE = 0, 1


def use_gas(frame: Frame, amount: int) -> None:
    """Burn gas; a negative amount traps."""
    if amount >> 63:
        raise refusal("useGas: a negative amount")
    frame.charge("useGas")
    frame.charge_gas("useGas", amount)


def get_gas_left(frame: Frame) -> int:
    """Gas left after this function's own charge."""
    frame.charge("getGasLeft")
    return frame.meter.gas_left


def get_address(frame: Frame, result: int) -> None:
    frame.charge("getAddress")
    frame.memory.write(result, frame.address)


def get_external_balance(frame: Frame, address: int, result: int) -> None:
    frame.charge("getExternalBalance")
    balance = frame.host.balance(frame.memory.read_address(address))
    frame.memory.write_u128(result, balance)


def get_block_hash(frame: Frame, number: int, result: int) -> int:
    """Write the hash and return 0, or return 1 and leave the memory untouched."""
    frame.charge("getBlockHash")
    block_hash = frame.host.block_hash(number)
    if block_hash is None:
        return HASH_UNAVAILABLE
    frame.memory.write(result, block_hash)
    return HASH_AVAILABLE


def get_caller(frame: Frame, result: int) -> None:
    frame.charge("getCaller")
    frame.memory.write(result, frame.message.sender)


def get_call_value(frame: Frame, result: int) -> None:
    frame.charge("getCallValue")
    frame.memory.write_u128(result, frame.message.value)


def get_block_coinbase(frame: Frame, result: int) -> None:
    frame.charge("getBlockCoinbase")
    frame.memory.write(result, frame.host.block.coinbase)


def get_block_difficulty(frame: Frame, result: int) -> None:
    frame.charge("getBlockDifficulty")
    frame.memory.write_u256(result, frame.host.block.difficulty)


def get_block_gas_limit(frame: Frame) -> int:
    frame.charge("getBlockGasLimit")
    return frame.host.block.gas_limit


def get_block_number(frame: Frame) -> int:
    frame.charge("getBlockNumber")
    return frame.host.block.number


def get_block_timestamp(frame: Frame) -> int:
    frame.charge("getBlockTimestamp")
    return frame.host.block.timestamp


def get_tx_gas_price(frame: Frame, result: int) -> None:
    frame.charge("getTxGasPrice")
    frame.memory.write_u128(result, frame.host.transaction.gas_price)


def get_tx_origin(frame: Frame, result: int) -> None:
    frame.charge("getTxOrigin")
    frame.memory.write(result, frame.host.transaction.origin)
