"""`python -m contractvm.cli`."""

import sys

from contractvm.cli.main import main

sys.exit(main())
