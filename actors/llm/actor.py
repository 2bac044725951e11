"""The model subsystem's actor: chooses provider and model, keeps clients, repeats what failed, says what it cost."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, final

import attrs
import trio

from actors.llm import choice, endpoints, history, messages, ollama, pictures, providers
from actors.llm.catalogue import Catalogue, Known
from actors.llm.offline import Offline
from actors.llm.pictures import Picture, Pictures
from actors.llm.prices import cost
from actors.llm.prompt import Prompt, Provider
from actors.llm.retry import persist
from actors.llm.settings import Provider as Name
from actors.llm.settings import Settings, split_spec
from actors.tools import messages as tools
from actors.vocabulary import Image, Usage
from bus import Actor, BusError, Sink, concurrent

WARM_UP: Final = 0.5
"""Seconds after the start at which the SDK of the default provider is imported, unless it is needed earlier. Then
the rest of the daemon has started, with which the import would compete for the interpreter."""

_LASTING: Final = frozenset[messages.Reason]({"authentication", "billing"})
"""Refusals that the next request will meet as well."""


@final
@attrs.define(eq=False)
class _Slot:
    """A provider that is being made, was made, or could not be made."""

    ready: trio.Event = attrs.field(factory=trio.Event)
    provider: Provider | None = None
    fault: str = ""


@final
class LlmActor(Actor):
    """Answers completions, any number at once. Keys stay in here: no message carries one."""

    def __init__(
        self, settings: Callable[[], Settings], env: Mapping[str, str], catalogue: Catalogue
    ) -> None:
        """`settings` gives those to start with, `env` holds the keys.

        Raises ModelSettingsError when the model that the settings name cannot be used.
        """
        self._settings = settings()
        self._env = env
        self._catalogue = catalogue
        self._chosen = choice.choose(self._settings, env, catalogue)
        self._lineup = self._chosen or choice.without_key(self._settings, env, catalogue, ())
        self._slots: dict[Name, _Slot] = {}
        self._trouble: dict[Name, str] = {}

    async def start(self) -> None:
        if self._chosen is None:
            self._lineup = await self._local_lineup()
        if split_spec(self._lineup.default)[0] != "offline":
            self.spawn(self._warm_up)

    async def on_stop(self) -> None:
        for slot in self._slots.values():
            if slot.provider is not None:
                await slot.provider.close()

    def describe(self) -> dict[str, Any]:
        return {"default": self._lineup.default, "clients": sorted(self._slots)}

    @messages.Complete.handler
    @concurrent(256)
    async def complete(self, request: messages.Complete, sink: Sink[messages.CompletionEvent]) -> None:
        spec = self._lineup.pick(request.model)
        name, model = split_spec(spec)
        known = self._catalogue.look_up(name, model)
        provider = await self._provider(name)
        prompt = await self._prompt(request, model, known)
        try:
            answer = await persist(
                partial(provider.complete, prompt),
                sink.send,
                retry=self._settings.retry,
                chance=self.bus.ids.random,
                sleep=trio.sleep,
                clock=self.bus.clock.monotonic,
                failed=partial(self._failing, name),
            )
        except messages.ModelError as error:
            if error.reason in _LASTING:
                self._failing(name, error)
            raise
        self._well(name)
        usage = Usage(
            model=spec,
            input_tokens=answer.tokens.input,
            output_tokens=answer.tokens.output,
            cache_read_tokens=answer.tokens.cache_read,
            cache_write_tokens=answer.tokens.cache_write,
            cost_usd=cost(answer.tokens, known.rates),
        )
        await sink.send(
            messages.Completed(content=answer.content, stop_reason=answer.stop_reason, usage=usage)
        )

    @messages.Models.handler
    async def models(self, request: messages.Models) -> messages.Catalogue:
        infos = tuple(self._info(spec) for spec in self._lineup.allowed)
        return messages.Catalogue(
            default=self._lineup.default, models=infos, compaction=self._lineup.compaction
        )

    # --- requests -----------------------------------------------------------------------------------------

    async def _prompt(self, request: messages.Complete, model: str, known: Known) -> Prompt:
        return Prompt(
            model=model,
            messages=request.messages,
            system=request.system,
            tools=request.tools,
            max_tokens=request.max_tokens,
            effort=request.effort,
            known=known,
            pictures=await self._pictures(request, known),
        )

    async def _pictures(self, request: messages.Complete, known: Known) -> Pictures:
        wanted = {image.path: image for image in history.images(request.messages)}
        if not known.vision:
            return pictures.unseen(wanted.values())
        return {path: await self._picture(image) for path, image in wanted.items()}

    async def _picture(self, image: Image) -> Picture | str:
        """Whatever is wrong with one old file, the conversation goes on."""
        try:
            data = await self.bus.ask(tools.LoadFile(path=image.path, limit=pictures.MAX_BYTES))
        except tools.FileTooLarge as error:
            return pictures.too_large(image, error.size)
        except BusError as error:
            return pictures.missing(image, error)
        return pictures.encode(image, data)

    def _info(self, spec: str) -> messages.ModelInfo:
        known = self._catalogue.look_up(*split_spec(spec))
        return messages.ModelInfo(
            spec=spec,
            context_window=known.context_window,
            vision=known.vision,
            input_price=known.rates.input if known.rates else None,
            output_price=known.rates.output if known.rates else None,
        )

    # --- providers ----------------------------------------------------------------------------------------

    async def _local_lineup(self) -> choice.Lineup:
        own = self._settings.of("ollama")
        host = endpoints.host(own.base_url)
        local = await trio.to_thread.run_sync(ollama.installed, host) if own.enabled else ()
        return choice.without_key(self._settings, self._env, self._catalogue, local)

    async def _warm_up(self) -> None:
        await trio.sleep(WARM_UP)
        self._slot(split_spec(self._lineup.default)[0])

    async def _provider(self, name: Name) -> Provider:
        slot = self._slot(name)
        await slot.ready.wait()
        if slot.provider is None:
            raise messages.ModelError(reason="network", provider=name, detail=slot.fault)
        return slot.provider

    def _slot(self, name: Name) -> _Slot:
        """The provider's slot; its making goes on when whoever asked for it leaves."""
        if (slot := self._slots.get(name)) is None:
            slot = self._slots[name] = _Slot()
            if name == "offline":
                slot.provider = Offline(self._new_id, self._lineup.note)
                slot.ready.set()
            else:
                self.spawn(self._connect, name, slot)
        return slot

    async def _connect(self, name: Name, slot: _Slot) -> None:
        make = partial(providers.connect, new_id=self._new_id, within=trio.move_on_after)
        try:
            slot.provider = await trio.to_thread.run_sync(
                make, name, self._settings, self._env, abandon_on_cancel=True
            )
        except Exception as error:  # noqa: BLE001 - a broken SDK is the trouble of whoever asks for it, not of all
            slot.fault = f"its client could not be made: {error!r}"
            self._report(name, slot.fault)
        slot.ready.set()

    def _new_id(self) -> str:
        return f"call_{self.bus.ids.token(12)}"

    # --- health -------------------------------------------------------------------------------------------

    def _failing(self, name: Name, error: messages.ModelError | messages.ModelUnavailable) -> None:
        self._report(name, str(error))

    def _well(self, name: Name) -> None:
        self._report(name, None)

    def _report(self, name: Name, trouble: str | None) -> None:
        if trouble is None:
            self._trouble.pop(name, None)
        else:
            self._trouble[name] = trouble
        self.degraded("; ".join(self._trouble.values()) or None)
