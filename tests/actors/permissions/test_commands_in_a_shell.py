"""What is read as a plain sequence of commands, a real shell reads in the same way."""

import shlex
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.permissions.commands import simple


@settings(max_examples=40)
@given(st.text("git a;|&$`'\"\\\n(){}<>*#!~=x ", max_size=12))
def test_what_is_plain_a_shell_reads_in_the_same_way(text: str) -> None:
    """Each simple command is run by a real shell as a function that prints its words."""
    found = simple(text)
    if (
        found is None
        or "~" in text
        or "*" in text
        or any(each.split()[0] not in {"git", "a"} for each in found)
    ):
        return
    script = f'git() {{ printf "<%s>" git "$@"; echo; }}; a() {{ printf "<%s>" a "$@"; echo; }}\n{text}\n'
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    if "|" not in text:  # of what is piped on nobody sees anything, and what follows || is not run
        expected = ["".join(f"<{word}>" for word in shlex.split(each)) for each in found]
        assert shell.stdout.splitlines() == expected
    assert shell.stderr == ""
