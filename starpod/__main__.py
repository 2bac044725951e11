"""``python -m starpod`` is ``starpod``."""

import sys

from starpod.cli.main import main

sys.exit(main())
