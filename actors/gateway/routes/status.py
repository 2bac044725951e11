"""How the agent is, and what the page has to know before its first request."""

from collections.abc import Callable, Iterator
from typing import final

from quart import Quart, Response

from actors.gateway.http import answer, route
from actors.gateway.protocol import Config
from actors.gateway.settings import Settings
from actors.llm import messages as llm
from actors.wire import Json
from bus import ActorError, Bus, DeliveryError, NodeHealth, State, mask_text
from bus.console import Console

_STATUS = {State.READY: "ok", State.FAILED: "failed", State.STOPPING: "failed", State.STOPPED: "failed"}


@final
class StatusRoutes:
    """``/api/health`` and ``/api/config``."""

    def __init__(
        self,
        app: Quart,
        bus: Bus,
        console: Console,
        settings: Callable[[], Settings],
        *,
        agent_name: Callable[[], str],
        version: str,
    ) -> None:
        self._bus = bus
        self._console = console
        self._settings = settings
        self._agent_name = agent_name
        self._version = version
        route(app, "GET", "/api/health", self.health)
        route(app, "GET", "/api/config", self.config)

    async def health(self) -> Response:
        """The health of the tree; 503 once it has failed or is going down."""
        tree = self._console.health()
        status = _STATUS.get(tree.health.state, "degraded")
        body = {
            "status": status,
            "version": self._version,
            "boot_id": self._bus.boot_id,
            "actors": {leaf.name: _actor(leaf) for leaf in leaves(tree)},
        }
        return answer(body, 503 if status == "failed" else 200)

    async def config(self) -> Response:
        """Names, texts and models for the page. No models when the model subsystem does not answer."""
        try:
            catalogue = await self._bus.ask(llm.Models())
        except (ActorError, DeliveryError):
            models: tuple[str, ...] = ()
            default = None
        else:
            models = tuple(model.spec for model in catalogue.models)
            default = catalogue.default
        settings = self._settings()
        return answer(
            Config(
                agent_name=self._agent_name(),
                greeting=settings.greeting,
                prompts=settings.prompts,
                models=models,
                default_model=default,
                version=self._version,
            )
        )


def leaves(node: NodeHealth) -> Iterator[NodeHealth]:
    """The actors of a tree, in order of their start."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def _actor(leaf: NodeHealth) -> Json:
    state: Json = {"state": leaf.health.state.value}
    if leaf.health.why:
        state["why"] = mask_text(leaf.health.why)
    if leaf.restarts:
        state["restarts"] = leaf.restarts
    return state
