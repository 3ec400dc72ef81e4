"""Plants the sound host function in the process that imports this."""

from contractvm.hosts.ewasm import contract_call
from tests.helpers.planted_host import first_of_all, planted

contract_call.HOST_FUNCS = planted(first_of_all)  # type: ignore[assignment]
