"""The codes with which capabilities refuse; guests see them negative."""

NOT_FOUND = 1
TOO_LARGE = 2
WRONG_TYPE = 3
NOT_ALLOWED = 4
FAILED = 5
