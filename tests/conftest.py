"""Settings for every test: property tests are judged by result, never by time."""

import os

from hypothesis import settings

# Tests leave nothing in the user's cache; those of the cache have their own.
os.environ["CONTRACTVM_CACHE"] = ""

settings.register_profile("contractvm", deadline=None, print_blob=True)
settings.load_profile("contractvm")
