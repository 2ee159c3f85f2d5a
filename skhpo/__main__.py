"""Look at searches on disk: ``python -m skhpo status PATH``."""

from __future__ import annotations

import sys

from skhpo.cli import main

if __name__ == "__main__":
    sys.exit(main())
