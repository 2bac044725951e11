"""What a command sees of this machine where bubblewrap keeps it: a system that it cannot change, and its home.

Everything else is not there: no folder of a person, no data of the agent, no process but its own, no user but one.
"""

import platform
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final, final

import attrs

from actors import atomic
from actors.shell.seccomp import SYSTEMS, program
from actors.shell.settings import Shell
from actors.tools.messages import UPLOADS
from bus import Data

SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
"""Where programs are and what they need to run."""
FILES: Final = (
    *("ld.so.cache", "ld.so.conf", "localtime", "mime.types", "nsswitch.conf", "protocols", "services"),
    *("ssl/cert.pem", "ssl/openssl.cnf", "pki/tls/cert.pem"),
)
"""Of ``/etc``: what says how to run programs, and nothing of whom the machine belongs to."""
FOLDERS: Final = (
    "alternatives",
    "ca-certificates",
    "ld.so.conf.d",
    "pki/ca-trust",
    "pki/tls/certs",
    "ssl/certs",
)
"""Likewise."""
OF_NETWORK: Final = ("resolv.conf", "hosts")
"""Of ``/etc``, for commands that look names up themselves."""
LAUNCHER: Final = Path(__file__).with_name("launch.py")
OPENED: Final = 'exec "$@" {handle}<"$0"'
"""For the shell: open a file for a program, whoever starts that and whatever they hand to it."""
USER: Final = 1000
ACCOUNTS: Final = {
    "passwd": f"agent:x:{USER}:{USER}:agent:{{home}}:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "group": f"agent:x:{USER}:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost starpod\n::1 localhost\n",
    "resolv.conf": "",
}
"""Files of ``/etc`` that are made up."""


def system(configuration: Path, home: Path) -> tuple[str, ...]:
    """What is shown of the system, in words for bubblewrap: found once, as it takes longer than to show it.

    Each mount costs time with each command, so what is small was copied to `configuration`, which is shown as ``/etc``.
    """
    shown = chain.from_iterable(_read_only(Path(each)) for each in SYSTEM)
    folders = (name for name in FOLDERS if (configuration / name).is_dir())
    return (
        *shown,
        *("--ro-bind", str(configuration), "/etc"),
        *chain.from_iterable(("--ro-bind", f"/etc/{name}", f"/etc/{name}") for name in folders),
        *_python(home),
    )


def write_configuration(folder: Path, home: Path) -> None:
    """Fill a folder that is to be shown as ``/etc``."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in FOLDERS:
        if Path("/etc", name).is_dir():
            (folder / name).mkdir(parents=True)
    for name in FILES:
        with suppress(OSError):  # it is not there, or not for us
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path("/etc", name), folder / name)
    for name, content in ACCOUNTS.items():
        (folder / name).write_text(content.format(home=home), encoding="utf-8")


def write_filter(path: Path) -> Path | None:
    """Write down for bubblewrap which calls of the system are refused; None where that is not known of this machine."""
    found = SYSTEMS.get(platform.machine())
    if found is None:
        return None
    atomic.write(path, program(found), mode=atomic.OURS)
    return path


def _read_only(path: Path) -> Iterator[str]:
    if path.is_symlink() and not (target := path.readlink()).is_absolute():
        yield from ("--symlink", str(target), str(path))
    elif path.exists():
        yield from ("--ro-bind", str(path), str(path))


def interpreter() -> Path:
    """The Python that runs us, without the environment it may be in."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _python(home: Path) -> Iterator[str]:
    """What the launcher needs of a Python that does not belong to the system: its folder, if it has one for itself."""
    program, stdlib = interpreter(), Path(sysconfig.get_path("stdlib"))
    needed = {program.parents[1], stdlib.parents[1]}
    private = (home, Path("~").expanduser())
    if any(each.is_relative_to(folder) for each in private for folder in needed):
        library = Path(
            sysconfig.get_config_var("LIBDIR") or "/", sysconfig.get_config_var("INSTSONAME") or ""
        )
        needed = {program, stdlib}
        if library.suffix != ".a" and library.is_file():
            needed.add(library)
    for path in sorted(needed):
        if not any(path.is_relative_to(shown) for shown in SYSTEM):
            yield from ("--ro-bind", str(path), str(path))


@final
@attrs.frozen(kw_only=True)
class Sandbox(Data):
    """A way to start commands, of which somebody has to find out whether it works here."""

    bwrap: str
    home: Path
    hidden: tuple[Path, ...]
    """Folders that are not to be seen, should they lie in one that is."""
    strict: bool = True
    """Whether commands cannot make further namespaces of users, where this bubblewrap knows how."""
    system: tuple[str, ...]
    """What is shown of the system, in words."""
    filter: Path | None = None
    """Says which calls of the system are refused; None where there is nothing that says so for this machine."""

    def arguments(
        self,
        limits: Shell,
        user: str,
        *,
        folder: Path | None = None,
        shown: Iterable[str] = (),
        control: int = 0,
    ) -> list[str]:
        """The words before those of the launcher, for a command of `user`.

        It begins in `folder`, or at home, and may read what is in there and in those that are `shown` besides. Raises
        OSError where a file has the name of the folder of uploads. `control` is a descriptor that it is to have.
        """
        more = shown if folder is None else (str(folder), *shown)
        return [
            *self._started(control),
            *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
            *(() if limits.network == "on" else ("--unshare-net",)),
            *("--uid", str(USER), "--gid", str(USER), "--hostname", "starpod"),
            *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
            *(("--disable-userns",) if self.strict else ()),
            *self.system,
            *self._names(limits),
            *("--proc", "/proc", "--dev", "/dev"),
            *("--size", str(limits.temporary), "--tmpfs", "/dev/shm"),  # noqa: S108 - its own
            *("--size", str(limits.temporary), "--tmpfs", "/tmp", "--symlink", "/tmp", "/var/tmp"),  # noqa: S108
            *("--bind", str(self.home), str(self.home)),
            *self._hidden(user),
            *(word for path in more for word in _read_only(Path(path))),
            # Where the agent is root, so is a command to the kernel, which asks for the owner of a file alone before it
            # lets somebody write to /proc/sys.
            *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
            *("--chdir", str(folder or self.home)),
            "--",
        ]

    def _started(self, control: int) -> Iterator[str]:
        if self.filter is None:
            yield self.bwrap
            return
        handle = 4 if control == 3 else 3
        yield from ("/bin/sh", "-c", OPENED.format(handle=handle), str(self.filter))
        yield from (self.bwrap, "--seccomp", str(handle))

    def _names(self, limits: Shell) -> Iterator[str]:
        """How names are looked up, by those who reach others themselves."""
        if limits.network == "on":
            for name in OF_NETWORK:
                if (found := Path("/etc", name)).exists():
                    yield from ("--ro-bind", str(found), f"/etc/{name}")

    def _hidden(self, user: str) -> Iterator[str]:
        """What others have sent, and what is the agent's own."""
        uploads = self._uploads()
        yield from ("--size", "4096", "--tmpfs", str(uploads))
        own = uploads / user
        if user and own.is_dir() and not own.is_symlink():  # what is bound is where a link leads, out here
            yield from ("--bind", str(own), str(own))
        yield from ("--remount-ro", str(uploads))
        for folder in self.hidden:
            if any(folder.is_relative_to(shown) for shown in (self.home, *SYSTEM)) and folder.is_dir():
                yield from ("--size", "4096", "--tmpfs", str(folder), "--remount-ro", str(folder))

    def _uploads(self) -> Path:
        """The folder of what people send. It has to be there, for no command to make it, or a link in its place."""
        uploads = self.home / UPLOADS
        if uploads.is_symlink():
            uploads.unlink()
        uploads.mkdir(mode=0o700, exist_ok=True)
        return uploads


def candidate(home: Path, data: Path) -> Sandbox | str:
    """What may be the sandbox of this machine, still to be tried; why there is none.

    Args:
      home: the folder that commands work in.
      data: the agent's own, below which ``shell/etc`` and ``shell/seccomp`` are written.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap (bwrap) is not installed"
    configuration = data / "shell" / "etc"
    write_configuration(configuration, home)
    return Sandbox(
        bwrap=bwrap,
        home=home,
        hidden=(data,),
        system=system(configuration, home),
        filter=write_filter(data / "shell" / "seccomp"),
    )
