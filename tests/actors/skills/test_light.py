"""What comes along costs a first answer little: a process of its own tells what it has loaded."""

import subprocess
import sys

from actors.skills import bundle

SKILLS = sorted(bundle.HOME.iterdir())
LOOK = f"""
import sys
from pathlib import Path
from actors.skills.library import BUNDLED, Shelf
shelf = Shelf(Path({str(bundle.HOME)!r}), BUNDLED)
shelf.look()
shelf.read()
assert len(shelf.cards) == {len(SKILLS)}, shelf.cards
print("yaml" in sys.modules)
"""


def test_the_catalogue_of_what_comes_along_takes_no_yaml() -> None:
    told = subprocess.run([sys.executable, "-c", LOOK], check=True, capture_output=True, text=True)
    assert told.stdout == "False\n"
