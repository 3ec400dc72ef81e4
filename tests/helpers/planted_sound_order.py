"""Plants the sound host function in the process that imports this."""

from contractvm.host.ewasm.interface import BY_NAME
from tests.helpers.planted_host import NAME, first_of_all, planted

BY_NAME[NAME] = planted(first_of_all)
