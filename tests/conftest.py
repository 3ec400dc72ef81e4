"""Settings for every test: property tests are judged by result, never by time."""

from hypothesis import settings

settings.register_profile("contractvm", deadline=None, print_blob=True)
settings.load_profile("contractvm")
