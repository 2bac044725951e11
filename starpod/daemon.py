"""Running an instance: take it, start its tree, stay until told to stop, stop in order."""

import resource
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Final, final

import attrs
import trio

from actors.gateway import messages as gateway
from actors.gateway.settings import Address
from actors.gateway.settings import Settings as GatewaySettings
from actors.llm import messages as llm
from actors.shell import messages as shell
from bus import (
    ActorError,
    BlackBox,
    BootError,
    Data,
    DeliveryError,
    ExitKind,
    Ids,
    Mesh,
    Remains,
    Stall,
    Watchdog,
    conceal,
    mask_text,
    open_mesh,
    task_tree,
)
from starpod import crash, logs
from starpod.children.parts import Parts
from starpod.collecting import collect_as_usual
from starpod.config import Config
from starpod.errors import StarpodError, WorkspaceError
from starpod.lock import DaemonInfo, InstanceLock
from starpod.sources import sources
from starpod.tree import tree
from starpod.workspace import Instance

FAILED: Final = 1
OUTDATED: Final = ("page.key",)
"""Files of ``.starpod`` that earlier versions left."""
SOON: Final = 2.0
"""Seconds that what is printed at the start waits for how commands run."""
MANY_FILES: Final = 16384


class StartFailed(StarpodError):
    """A part of the daemon could not start. The text is what that part says, where it speaks to people."""

    def __init__(self, error: BootError) -> None:
        cause = error.__cause__
        super().__init__(str(cause if isinstance(cause, ActorError | StarpodError) else error))


@final
@attrs.frozen(kw_only=True)
class Running(Data):
    """A daemon in this process."""

    mesh: Mesh
    lock: InstanceLock
    first_key: str | None = attrs.field(repr=False)
    """Of the admin that this very start has made, if it has."""
    leave: Callable[[], None] = attrs.field(repr=False)
    """Have everybody know that the program is about to stop in order."""

    @property
    def info(self) -> DaemonInfo:
        """As others read it; its address is where the gateway listens."""
        return self.lock.info


@asynccontextmanager
async def running(
    instance: Instance,
    config: Config,
    *,
    command: str,
    address: Address | None = None,
    made: Callable[[Mesh], None] = lambda _mesh: None,
) -> AsyncGenerator[Running]:
    """Run an instance for the duration of a block.

    Args:
      instance: its ``.starpod`` must exist.
      config: what it runs with.
      command: how this process was started, for whoever finds the instance taken.
      address: listen there instead of where the configuration says.
      made: told of the tree before it starts.

    Raises InstanceBusy when another process runs it, StartFailed when a part cannot start.
    """
    boot_id = Ids().uuid()
    with InstanceLock(instance, command=command, boot_id=boot_id, now=datetime.now(UTC)) as lock:
        _remove_outdated(instance)
        _make_room(instance)
        first_keys: list[str] = []
        reach = config.of(GatewaySettings).gateway
        parts = parts_of(
            config,
            address=address,
            token=lock.info.token,
            on_bound=lambda bound: lock.announce(
                str(bound.here), scheme=reach.scheme, base_path=reach.base_path
            ),
            on_first_key=first_keys.append,
        )
        conceal("environment", config.secrets)
        with _recorded(instance, boot_id):
            try:
                async with open_mesh(tree(parts), log=logs.log, boot_id=boot_id, made=made) as mesh:
                    with _tended(instance, mesh):
                        first_key = next(iter(first_keys), None)
                        yield Running(mesh=mesh, lock=lock, first_key=first_key, leave=parts.armed.leave)
                        parts.armed.leave()
            except BootError as error:
                raise StartFailed(error) from error


def _remove_outdated(instance: Instance) -> None:
    """Remove what an earlier version has left and nobody reads any more, keys above all."""
    for name in OUTDATED:
        with suppress(OSError):
            (instance.agent_home / name).unlink(missing_ok=True)


def _make_room(instance: Instance) -> None:
    """Make the folder of the databases, before anything runs: while it does, one that is gone is not made anew."""
    try:
        instance.db_dir.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{instance.db_dir} cannot be made: {error.strerror}") from error


def parts_of(
    config: Config,
    *,
    address: Address | None = None,
    token: str = "",
    on_bound: Callable[[Address], None],
    on_first_key: Callable[[str], None],
) -> Parts:
    """What the tree is made from."""
    given = config.given
    return Parts(
        data=given.data,
        home=given.home,
        environment=given.environment,
        settings_of=given.settings_of,
        current=config.current,
        sources=sources(config.instance),
        scheme=config.scheme,
        address=address or config.of(GatewaySettings).server_addr,
        token=token,
        remains=Remains.read(config.instance.black_box),
        on_bound=on_bound,
        on_first_key=on_first_key,
    )


@contextmanager
def _tended(instance: Instance, mesh: Mesh) -> Generator[None]:
    """Watch a tree that has started."""
    watchdog = _watch()
    collect_as_usual()
    try:
        yield
    finally:
        watchdog.stop()
        _report_failure(instance, mesh)


def _recorded(instance: Instance, boot_id: str) -> AbstractContextManager[object]:
    """Record whose turn is on the processor, so that a turn that kills this process is told from bystanders."""
    try:
        return BlackBox(instance.black_box, boot=boot_id, item="turn")
    except OSError as error:
        logs.log("warning", "no turn can be found out that kills the process", {"error": error})
        return nullcontext()


def _watch() -> Watchdog:
    def report(stall: Stall) -> None:
        logs.log("error", str(stall), {"stack": stall.stack})

    watchdog = Watchdog(report)
    watchdog.start()
    return watchdog


def _report_failure(instance: Instance, mesh: Mesh) -> None:
    """Leave a crash report behind when the tree has given up."""
    exit = mesh.exit
    if exit is not None and exit.kind is not ExitKind.STOPPED:
        path = crash.write_report(instance.agent_home / "crashes", mesh, exit=exit)
        logs.log("error", "starpod gives up", {"reason": str(exit), "report": str(path)})


async def serve(
    instance: Instance,
    config: Config,
    *,
    command: str,
    address: Address | None = None,
    on_ready: Callable[[Running, str, str, str], None],
) -> int:
    """Run an instance until a signal or its own end; the exit status of the process.

    `on_ready` is told the daemon, the default model, a link that opens the page and how commands run, once it
    listens. The first INT or TERM stops everything in order, also in the middle of the start, a second one at once.
    USR1 writes what every task is doing to standard error.
    """
    _open_many_files()
    status, failure = 0, None
    with (
        trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals,
        trio.open_signal_receiver(signal.SIGUSR1) as questions,
    ):
        async with trio.open_nursery() as nursery:
            stopping = _Stopping()
            nursery.start_soon(stopping.listen, signals)
            nursery.start_soon(_show_tasks_on, questions)
            try:
                with stopping.scope:
                    async with running(
                        instance, config, command=command, address=address, made=stopping.made
                    ) as daemon:
                        model = (await daemon.mesh.bus.ask(llm.Models())).default
                        link, way = await _link(daemon), await _shell(daemon)
                        with suppress(OSError):  # where nobody can be told it runs all the same
                            on_ready(daemon, model, link, way)
                        status = await _stay(daemon, stopping)
            except StarpodError as error:  # raised below, outside of the nursery, which would wrap it
                failure = error
            nursery.cancel_scope.cancel(reason="stopped")
    if failure is not None:
        raise failure
    return status


async def _link(daemon: Running) -> str:
    """A link that opens the page; where none can be made now, one that asks who it is: the agent runs all the same."""
    try:
        return (await daemon.mesh.bus.ask(gateway.NewPageLink())).url
    except (ActorError, DeliveryError) as error:
        logs.log("warning", "no link that signs in could be made", {"error": error})
        return daemon.info.url


async def _shell(daemon: Running) -> str:
    """How commands run; nothing where that takes long to find out, or nobody says."""
    with trio.move_on_after(SOON), suppress(ActorError, DeliveryError):
        return (await daemon.mesh.bus.ask(shell.GetProtection())).text
    return ""


def _open_many_files() -> None:
    """Let the process open as many files as it may: every client that is connected is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@final
class _Stopping:
    """Does what signals say: the first ends what goes on, a second one the orderly stop as well."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        """What the first signal ends: the start, later the waiting."""
        self.mesh: Mesh | None = None
        """What a second signal stops at once; None before there is anything to stop."""

    def made(self, mesh: Mesh) -> None:
        self.mesh = mesh

    async def listen(self, signals: AsyncIterator[int]) -> None:
        async for _ in signals:
            if not self.scope.cancel_called:
                self.scope.cancel(reason="signal")
            elif self.mesh is not None:
                logs.log("warning", "stopping at once", {})
                self.mesh.force()


async def _stay(daemon: Running, stopping: _Stopping) -> int:
    """Run until a signal or the end of the tree; the exit status of the process."""
    with trio.CancelScope() as stopping.scope:
        await daemon.mesh.wait()
    daemon.leave()
    exit = await daemon.mesh.stop()
    return 0 if exit.kind is ExitKind.STOPPED else FAILED


async def _show_tasks_on(questions: AsyncIterator[int]) -> None:
    async for _ in questions:
        with suppress(OSError):
            sys.stderr.write(mask_text(task_tree()))
            sys.stderr.flush()
