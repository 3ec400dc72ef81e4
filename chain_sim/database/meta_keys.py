"""Keys of facts about a database itself."""

META = b"m"
"""Facts about the database itself."""


FORMAT_KEY = META + b"format"
"""Format version, decimal digits; written when the database is created."""


BATCH_COUNT_KEY = META + b"batches"
"""How many batches were written, eight bytes big-endian; each batch writes it."""
