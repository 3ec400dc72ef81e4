"""`python -m contractvm_cli`."""

import sys

from contractvm_cli.start import start

sys.exit(start())
