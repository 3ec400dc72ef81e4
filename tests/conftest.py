"""Settings for every test: property tests fail by result, never by time."""

import os

import pytest
from hypothesis import settings

# Tests leave nothing in the user's cache; tests of the cache have their own.
os.environ["CONTRACTVM_CACHE"] = ""

settings.register_profile("contractvm", deadline=None, print_blob=True)
settings.load_profile("contractvm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
