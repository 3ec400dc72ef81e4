"""Plants the faulty host function in the process that imports this."""

from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.helpers.planted_host import first_of_a_set, planted

vars(INTERFACE)["imports"] = planted(first_of_a_set)
