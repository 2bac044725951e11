"""The model subsystem's actor: chooses provider and model, keeps clients, repeats what failed, says what it cost."""

import logging
import math
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final, final

import attrs
import trio

from actors.llm import loading, messages, trying
from actors.llm.clients import Clients
from actors.llm.completion import Completion, Send, Tokens, tokens_of, usage_of
from actors.llm.failover.chain import is_outage
from actors.llm.failover.circuit import Circuit
from actors.llm.failover.failover import Endpoint, Failover
from actors.llm.failures.discretion import Discreet, discreet_history, without_secrets
from actors.llm.messages import Failure
from actors.llm.models import endpoints, selection
from actors.llm.models.catalogue import Catalogue, ModelDetails
from actors.llm.models.keys import VARIABLES, keys
from actors.llm.models.prices import cost
from actors.llm.offering import Offering
from actors.llm.offline.provider import Offline
from actors.llm.ollama import server as ollama
from actors.llm.ollama.local_models import LOOK_AGAIN, LocalModels
from actors.llm.provider import Provider
from actors.llm.requests.prompt import Prompt
from actors.llm.settings import Provider as Name
from actors.llm.settings import Settings, api_key, split_spec
from actors.session import messages as session
from actors.vault import messages as vault
from actors.vocabulary import Usage
from bus import Actor, BusError, Clean, Lag, Sink, concurrent, redacted

WARM_UP: Final = 0.5
"""Seconds after the start at which the SDK of the default provider is imported, unless it is needed earlier. Then
the rest of the daemon has started, with which the import would compete for the interpreter."""

LIST_AGAIN: Final = 15.0
"""Seconds after which an Ollama may be asked again which models it has."""
_LOG: Final = logging.getLogger(__name__)


@final
class LlmActor(Actor):
    """Answers completions, any number at once. Keys stay in here: no message carries one."""

    def __init__(
        self, settings: Callable[[], Settings], env: Mapping[str, str], catalogue: Catalogue
    ) -> None:
        """`settings` gives those in force, `env` holds the keys that are not in the vault.

        Raises ModelSettingsError when the settings name no model that there could be.
        """
        self._in_force = settings
        self._keys = keys(env)
        self._catalogue = catalogue
        self._clients, self._ears = (
            Clients(self._new_id, self.spawn, lambda name, why: self._report(self._place(name), why))
            for _ in range(2)  # a server of one's own for speech is another place of the same provider
        )
        self._failover = Failover(
            endpoint=self._endpoint,
            clock=self._now,
            chance=self._chance,
            sleep=trio.sleep,
            ended=self._ended,
        )
        self._local = LocalModels(trio.current_time)
        self._offering = Offering(catalogue, trio.current_time)
        self._trouble: dict[str, str] = {}
        self._clean = Clean()
        """What is sent again and again: tools and earlier messages."""
        self._choose(settings())

    def _choose(self, settings: Settings) -> None:
        """Go by these settings and the keys that are there."""
        self._settings, self._env = settings, self._keys.current
        try:
            chosen = selection.choose(settings, self._env, self._catalogue)
        except selection.ModelSettingsError as error:
            chosen = selection.unusable(error, settings, self._env)
        self._selected = chosen or selection.without_key(settings, self._env, self._catalogue, ())
        self._looks_locally = chosen is None
        self._found_locally = False
        self._look_again = -math.inf

    async def start(self) -> None:
        listening = trio.Event()
        self.spawn(self._follow_vault, listening)
        await listening.wait()
        await self._catch_up()
        if split_spec(self._selected.default)[0] != "offline":
            self.spawn(self._warm_up)

    async def on_stop(self) -> None:
        await self._clients.close()
        await self._ears.close()

    def describe(self) -> dict[str, Any]:
        return {
            "default": self._selected.default,
            "fallbacks": list(self._selected.fallbacks),
            "clients": self._clients.names(),
            "resting": {
                endpoints.label(*endpoint): f"{circuit.why} ({self._until(circuit)})"
                for endpoint, circuit in self._failover.circuits.open().items()
            },
        }

    @messages.Complete.handler
    @concurrent(256, isolated=True)
    async def complete(self, request: messages.Complete, sink: Sink[messages.CompletionEvent]) -> None:
        await self._catch_up()
        chain = self._selected.chain(request.model, request.fallbacks, configured=request.configured)
        heard, lost = Discreet(sink.send), list[messages.Wasted]()

        async def send(item: messages.CompletionEvent) -> None:
            if isinstance(item, messages.Wasted):
                lost.append(item)
            await heard.send(item)

        answer = await self._failover.ask(
            chain,
            partial(self._attempt, request),
            send,
            self._settings.retry,
            may_go_on=lambda: request.attempts is None or len(lost) < request.attempts,
        )
        await heard.send(self._completed(*answer))

    @messages.Embed.handler
    @concurrent(16, isolated=True)
    async def embed(self, request: messages.Embed) -> messages.Embedded:
        await self._catch_up()
        try:
            name, model = split_spec(request.model)
        except ValueError as error:
            raise messages.ModelError(
                reason="invalid_request", provider=request.model, detail=str(error)
            ) from None
        if why := selection.fault(name, self._settings, self._env):
            raise messages.ModelError(reason="authentication", provider=name, detail=why)
        try:
            async with self._provider(name) as provider:
                made = await provider.embed(model, redacted(request.texts), request.role)
        except (messages.ModelError, messages.ModelUnavailable) as error:
            raise without_secrets(error, api_key(name, self._keys.current)) from error.__cause__
        price = cost(Tokens(input=made.tokens), self._catalogue.look_up(name, model).rates)
        usage = Usage(model=request.model, input_tokens=made.tokens, cost_usd=price)
        return messages.Embedded(vectors=made.vectors, usage=usage)

    @messages.Transcribe.handler
    @concurrent(16, isolated=True)
    async def transcribe(self, request: messages.Transcribe) -> messages.Transcript:
        await self._catch_up()
        if (spec := self._settings.speech.transcriber) is None:
            raise messages.NoTranscriber
        name, model = split_spec(spec)
        if why := selection.deaf(self._settings, self._env):
            raise messages.ModelError(reason="authentication", provider=name, detail=why)
        sound = await loading.sound(self.bus, request)
        try:
            async with self._hearing(name) as provider:
                heard = await provider.transcribe(model, sound)
        except (messages.ModelError, messages.ModelUnavailable) as error:
            raise without_secrets(error, api_key(name, self._keys.current)) from error.__cause__
        usage = self._priced(spec, heard.tokens)
        await self._note(request.user, usage)
        if not heard.text:
            raise messages.SpeechRefused(reason="no words were heard in the recording")
        return messages.Transcript(text=heard.text, usage=usage)

    @messages.Models.handler
    async def models(self, request: messages.Models) -> messages.Catalogue:
        await self._catch_up()
        chosen = self._selected
        await self._learn(*chosen.allowed)
        others = dict.fromkeys((chosen.compaction, *chosen.fallbacks))
        return messages.Catalogue(
            default=chosen.default,
            models=tuple(map(self._info, chosen.allowed)),
            compaction=chosen.compaction,
            others=tuple(self._info(spec) for spec in others if spec not in chosen.allowed),
            transcriber=selection.transcriber(self._settings, self._env),
        )

    @messages.Weigh.handler
    @concurrent(4, isolated=True)
    async def weigh(self, request: messages.Weigh) -> tuple[int, ...]:
        await self._catch_up()
        spec = request.model or self._selected.default
        if spec not in self._selected.allowed:
            return tuple(0 for _ in request.documents)
        await self._learn(spec)
        return await loading.weigh(self.bus, split_spec(spec)[0], self._details(spec), request.documents)

    @messages.ListOffers.handler
    @concurrent(4, isolated=True)
    async def list_offers(self, request: messages.ListOffers) -> messages.Offers:
        await self._catch_up()
        return await self._offering.everything(self._settings, self._env)

    @messages.GetSetUp.handler
    @concurrent(4, isolated=True)
    async def get_set_up(self, request: messages.GetSetUp) -> messages.SetUp:
        await self._catch_up()
        found = await trying.choices(self._settings, self._env, self._catalogue)
        complete = not self._looks_locally
        return messages.SetUp(complete=complete, model=self._selected.default, choices=found)

    @messages.Try.handler
    @concurrent(4, isolated=True)
    async def try_model(self, request: messages.Try) -> messages.Tried:
        await self._catch_up()
        return await trying.tried(
            request, self._settings, self._env, self._catalogue, self._new_id, self.spawn
        )

    # --- requests -----------------------------------------------------------------------------------------

    async def _attempt(self, request: messages.Complete, spec: str, send: Send) -> Completion:
        """Ask the model `spec` once."""
        name, model = split_spec(spec)
        if self._selected.fault and spec == self._selected.default:
            raise messages.ModelError(reason="authentication", provider=name, detail=self._selected.fault)
        await self._learn(spec)
        details = self._details(spec)
        prompt = Prompt(
            provider=name,
            model=model,
            messages=discreet_history(request.messages, self._clean),
            system=redacted(request.system),
            tools=tuple(tool if tool in self._clean else redacted(tool) for tool in request.tools),
            max_tokens=request.max_tokens,
            effort=request.effort,
            details=details,
            files=await loading.files(self.bus, name, details, request.messages),
        )

        async def priced(item: messages.CompletionEvent) -> None:
            if isinstance(item, messages.Bill):
                item = attrs.evolve(item, usage=self._priced(spec, tokens_of(item.usage)))
            await send(item)

        try:
            async with self._provider(name) as provider:
                return await provider.complete(prompt, priced)
        except (messages.ModelError, messages.ModelUnavailable) as error:
            raise without_secrets(error, api_key(name, self._keys.current)) from error.__cause__

    def _completed(self, spec: str, completion: Completion) -> messages.Completed:
        usage = self._priced(spec, completion.tokens)
        return messages.Completed(content=completion.content, stop_reason=completion.stop_reason, usage=usage)

    def _priced(self, spec: str, tokens: Tokens) -> Usage:
        """What a call of this model has used."""
        return usage_of(tokens, spec, cost(tokens, self._catalogue.look_up(*split_spec(spec)).rates))

    async def _note(self, user: str, usage: Usage) -> None:
        """Keep what a transcription has cost. The words are worth more than their bill."""
        try:
            await self.bus.ask(
                session.RecordUsage(user=user, purpose="transcription", usage=usage, session="")
            )
        except BusError as error:
            _LOG.warning("what a transcription has cost could not be noted: %s", error)

    # --- models -------------------------------------------------------------------------------------------

    def _info(self, spec: str) -> messages.ModelInfo:
        details = self._details(spec)
        return messages.ModelInfo(
            spec=spec,
            context_window=details.context_window,
            vision=details.vision,
            documents=details.documents,
            input_price=details.rates.input if details.rates else None,
            output_price=details.rates.output if details.rates else None,
            effort=details.takes_effort,
        )

    async def _learn(self, *specs: str) -> None:
        """Ask about the local ones of these models what is not known of them."""
        own = self._settings.of("ollama")
        named = [model for name, model in map(split_spec, specs) if name == "ollama"]
        if named and own.enabled:
            await self._local.learn(own, named)

    def _details(self, spec: str) -> ModelDetails:
        name, model = split_spec(spec)
        details = self._catalogue.look_up(name, model)
        return self._local.details(self._settings.of(name), model, details) if name == "ollama" else details

    # --- providers ----------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Go by what is in force. A request that has begun keeps its model and, within an attempt, its client."""
        await self._keys.read(self.bus)
        if (settings := self._in_force()) is not self._settings or self._keys.current is not self._env:
            self._choose(settings)
            self._trouble.clear()
            self._failover.circuits.forget()
            self.degraded(None)
        for name, why in self._keys.unreadable.items():
            self._report(VARIABLES[name], why)
        if self._selected.fault:
            self._report(self._place(split_spec(self._selected.default)[0]), self._selected.fault)
        if self._selected.left_out:
            self._report("fallbacks", "; ".join(self._selected.left_out))
        if fault := selection.deaf(self._settings, self._env):
            self._report("speech", f"speech.transcriber: {fault}")
        await self._look_for_ollama()

    async def _follow_vault(self, listening: trio.Event) -> None:
        """Have a changed key in use at once."""
        changes = self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST)
        async with changes as changed:
            listening.set()
            async for _ in changed:
                self._keys.changed()
                await self._catch_up()

    async def _look_for_ollama(self) -> None:
        """Ask for an Ollama on this machine where nothing else is set, and again after a while for what it has then."""
        settings = self._settings
        own = settings.of("ollama")
        now = self.bus.clock.monotonic()
        if self._looks_locally and own.enabled and now >= self._look_again:
            self._look_again = now + LOOK_AGAIN
            local = await trio.to_thread.run_sync(ollama.installed, endpoints.ollama(own.base_url))
            if settings is self._settings and (
                local or not self._found_locally
            ):  # they may have changed meanwhile
                self._selected = selection.without_key(settings, self._env, self._catalogue, local)
            if local:
                self._found_locally, self._look_again = True, now + LIST_AGAIN

    async def _warm_up(self) -> None:
        await trio.sleep(WARM_UP)
        await self._clients.prepare(split_spec(self._selected.default)[0], self._settings, self._env)

    @asynccontextmanager
    async def _provider(self, name: Name) -> AsyncGenerator[Provider]:
        if name == "offline":
            yield Offline(self._new_id, self._selected.note)
        else:
            async with self._clients.using(name, self._settings, self._env) as provider:
                yield provider

    @asynccontextmanager
    async def _hearing(self, name: Name) -> AsyncGenerator[Provider]:
        """Whoever puts speech into words: the provider, or a server in its place, which is given no key."""
        if (address := self._settings.speech.base_url) is None:
            async with self._provider(name) as provider:
                yield provider
        else:
            own = attrs.evolve(self._settings.of(name), base_url=address)
            settings = attrs.evolve(self._settings, providers={name: own})
            async with self._ears.using(name, settings, {}) as provider:
                yield provider

    def _new_id(self) -> str:
        return f"call_{self.bus.ids.token(12)}"

    def _now(self) -> float:
        return self.bus.clock.monotonic()

    def _chance(self) -> float:
        return self.bus.ids.random()

    # --- health -------------------------------------------------------------------------------------------

    def _endpoint(self, spec: str) -> Endpoint:
        name = split_spec(spec)[0]
        return name, self._settings.of(name).base_url

    def _place(self, name: Name) -> str:
        return endpoints.label(name, self._settings.of(name).base_url)

    def _ended(self, spec: str, error: Failure | None) -> None:
        """One request has had its answer, or has failed."""
        place = self._place(split_spec(spec)[0])
        if error is None:
            self._report(place, None)
        elif is_outage(error):
            circuit = self._failover.circuits.of(self._endpoint(spec))
            rest = f" ({self._until(circuit)})" if circuit.until is not None else ""
            self._report(place, f"{place}: {error.detail}{rest}")

    def _until(self, circuit: Circuit) -> str:
        """When an endpoint that rests is asked again, for people."""
        left = max(0.0, (circuit.until or 0.0) - self.bus.clock.monotonic())
        return f"asked last until {self.bus.clock.now() + timedelta(seconds=left):%H:%M:%S} UTC"

    def _report(self, name: str, trouble: str | None) -> None:
        if trouble is None:
            self._trouble.pop(name, None)
        else:
            self._trouble[name] = trouble
        self.degraded("; ".join(self._trouble.values()) or None)
