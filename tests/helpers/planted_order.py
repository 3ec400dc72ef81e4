"""Plants the faulty host function in the process that imports this."""

from contractvm.host.ewasm.interface import BY_NAME
from tests.helpers.planted_host import NAME, first_of_a_set, planted

BY_NAME[NAME] = planted(first_of_a_set)
