"""Plants the faulty host function in the process that imports this."""

from contractvm.hosts.ewasm import contract_call
from tests.helpers.planted_host import first_of_a_set, planted

contract_call.HOST_FUNCS = planted(first_of_a_set)  # type: ignore[assignment]
