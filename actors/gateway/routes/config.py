"""What the page has to know before its first request."""

from collections.abc import Callable
from typing import final

from quart import Quart, Response

from actors.gateway.http import answer, route
from actors.gateway.protocol import Config
from actors.gateway.settings import About, Settings
from actors.llm import messages as llm
from bus import ActorError, Bus, DeliveryError


@final
class ConfigRoutes:
    """``/api/config``."""

    def __init__(self, app: Quart, bus: Bus, settings: Callable[[], Settings], about: About) -> None:
        self._bus = bus
        self._settings = settings
        self._about = about
        route(app, "GET", "/api/config", self.config)

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
                agent_name=self._about.agent_name(),
                greeting=settings.greeting,
                prompts=settings.prompts,
                models=models,
                default_model=default,
                version=self._about.version,
            )
        )
