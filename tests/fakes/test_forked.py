"""A forked process is what a new one is: it begins, lives and ends as ``python -m`` does."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.forked import Forked, fork
from tests.system.daemons import IMPORTED, environment

ROOT = Path(__file__).parents[2]
ITSELF = """
    import atexit, json, os, random, signal, sys, threading
    atexit.register(lambda: print("the end", flush=True))
    print(json.dumps({
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": sys.path,
        "files": sorted(os.listdir("/proc/self/fd"), key=int)[:-1] if os.path.exists("/proc") else ["0", "1", "2"],
        "threads": threading.active_count(),
        "signals": [str(signal.getsignal(each)) for each in sorted(signal.valid_signals())],
        "wakeup": signal.set_wakeup_fd(-1),
        "group": os.getpgrp(),
        "terminal": [each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)],
        "buffering": [sys.stdout.line_buffering, sys.stderr.line_buffering],
        "encoding": [(each.encoding, each.errors) for each in (sys.stdin, sys.stdout, sys.stderr)],
        "name": __name__,
        "given": sys.stdin.read(),
    }))
    threading.Thread(target=sys.stdout.flush).start()
    sys.exit(7)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the program is that a test has written."""
    (tmp_path / "given").write_text("what is given", encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "program.py").write_text(textwrap.dedent(text), encoding="utf-8")


@contextlib.contextmanager
def forked(folder: Path, *arguments: str, **variables: str) -> Generator[Forked]:
    with (folder / "given").open("rb") as given, (folder / "output").open("wb") as output:
        process = fork(
            "program",
            *arguments,
            folder=folder,
            environment=environment(**variables),
            streams=(given.fileno(), output.fileno(), output.fileno()),
            imported=[],
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(folder: Path) -> str:
    return (folder / "output").read_text(encoding="utf-8")


def test_it_finds_itself_as_a_new_process_does(folder: Path) -> None:
    write(folder, ITSELF)
    with forked(folder, "a", "b c", ONE="1") as process:
        assert process.wait() == 7
    line, *rest = said(folder).splitlines()
    with (folder / "given").open("rb") as given:
        new = subprocess.run(
            [sys.executable, "-m", "program", "a", "b c"],
            cwd=folder,
            env=environment(ONE="1"),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )
    of_new, *rest_of_new = new.stdout.splitlines()
    wanted = json.loads(of_new)
    assert {name: value for name, value in json.loads(line).items() if value != wanted[name]} == {}
    assert (wanted["files"], rest_of_new, rest, new.returncode) == (
        ["0", "1", "2"],
        ["the end"],
        ["the end"],
        7,
    )


def test_two_have_neither_their_state_nor_their_chance_in_common(folder: Path) -> None:
    write(folder, "import random, textwrap\nprint(random.random(), vars(textwrap).setdefault('seen', []))")
    found = list[str]()
    for _ in range(2):
        with forked(folder) as process:
            assert process.wait() == 0
        found += [said(folder)]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGKILL, -signal.SIGKILL),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGINT, -signal.SIGINT),
    ],
)
def test_a_signal_ends_it_and_is_its_status(folder: Path, number: int, status: int) -> None:
    write(folder, "import signal\nsignal.pause()")
    with forked(folder) as process:
        assert process.poll() is None
        process.send_signal(number)
        assert (process.wait(), process.poll()) == (status, status)
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
        process.send_signal(number)  # does nothing any more


def test_a_point_at_which_it_is_to_die_is_its_own(folder: Path) -> None:
    write(folder, "from bus import crash_point\ncrash_point('here', 'now')\nprint('alive')")
    with forked(folder, BUS_CRASH_AT="here.now") as process:
        assert process.wait() == -signal.SIGKILL
    with forked(folder) as process:
        assert process.wait() == 0
    assert said(folder) == "alive\n"


@pytest.mark.parametrize(
    "text",
    [
        "print('done')",
        "raise SystemExit('said in the end')",
        "raise SystemExit(256 + 7)",
        "1 / 0",
        "import os, sys\nprint('to nobody')\nos.close(sys.stdout.fileno())",
        "import sys\nsys.stdout = None",
        "import os, threading\nthreading.Thread(target=lambda: os.write(1, b'the thread\\n')).start()",
    ],
)
def test_it_ends_as_a_new_process_does(folder: Path, text: str) -> None:
    write(folder, text)
    with forked(folder) as process:
        status = process.wait()
    new = subprocess.run(
        [sys.executable, "-m", "program"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    assert (status, said(folder).splitlines()[-1:]) == (new.returncode, new.stdout.splitlines()[-1:])


STARTER = """
import os, signal, sys
from pathlib import Path
from tests.fakes.forked import fork
process = fork("program", folder=Path(sys.argv[1]), environment={}, streams=(0, 1, 2), imported=[])
sys.stdin.readline()
how = sys.argv[2]
if how == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_it_does_not_outlive_who_started_it(folder: Path, how: str) -> None:
    write(folder, "import os, signal\nprint(os.getpid(), flush=True)\nwhile True: signal.pause()")
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder), how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        os.kill(pid, 0)
        starter.communicate("end\n")  # returns once the forked one holds the pipe no more
    assert starter.returncode == (-signal.SIGKILL if how == "killed" else 0)


def test_what_the_server_imports_starts_no_thread_and_opens_no_file() -> None:
    program = textwrap.dedent(f"""
        import importlib, json, os, threading
        for module in {[*IMPORTED, "actors.llm.anthropic.client", "actors.llm.openai.client"]}:
            importlib.import_module(module)
        print(json.dumps([threading.active_count(), sorted(os.listdir("/dev/fd"), key=int)[:-1]]))
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    found: list[Any] = json.loads(done.stdout)
    assert found == [1, ["0", "1", "2"]]


def test_whoever_is_to_be_killed_may_have_ended_a_moment_ago() -> None:
    """The server has buried it, and has not told us yet."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    told, telling = os.pipe()
    Forked(process.pid, told).kill()
    os.close(telling)
    os.close(told)
