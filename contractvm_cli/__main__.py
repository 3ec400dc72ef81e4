"""`python -m contractvm_cli`."""

import sys

from contractvm_cli.main import main

sys.exit(main())
