"""Plants the sound host function in the process that imports this."""

from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.helpers.planted_host import first_of_all, planted

vars(INTERFACE)["imports"] = planted(first_of_all)
