"""Asks all providers at once which models they have, and keeps what they said for a while."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, final

import trio

from actors.llm import messages
from actors.llm.failures.discretion import without_secrets
from actors.llm.models import endpoints, listing, offers, selection
from actors.llm.models.catalogue import Catalogue
from actors.llm.settings import KEYLESS, PROVIDERS, Provider, Settings, api_key, split_spec

if TYPE_CHECKING:
    from actors.llm.providers import Entry

WITHIN: Final = 10.0
"""Seconds in which an endpoint must have said which models it has."""
KEPT: Final = 300.0
"""Seconds for which its answer counts."""
_MOST: Final = 32
"""Answers that are kept."""


@final
class Offering:
    """What endpoints have to offer; where one does not say, what the catalogue and the settings name."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float]) -> None:
        """`clock` tells seconds from any beginning."""
        self._catalogue = catalogue
        self._clock = clock
        self._answers: dict[offers.Question, tuple[float, tuple[offers.Offered, ...]]] = {}

    async def everything(self, settings: Settings, env: Mapping[str, str]) -> messages.Offers:
        """All there is to choose from, those of providers included that cannot be used yet."""
        found = await self.ask(settings, env)
        known = {name: tuple(sorted(self._catalogue.ids(name))) for name in PROVIDERS if name not in KEYLESS}
        told = {each.provider: tuple(split_spec(model.spec)[1] for model in each.models) for each in found}
        return messages.Offers(models=known | told, offers=found)

    async def ask(self, settings: Settings, env: Mapping[str, str]) -> tuple[messages.Offer, ...]:
        """The offers of all providers that can be used, with the keys in `env`."""
        entries = await trio.to_thread.run_sync(_entries)
        told: dict[str, messages.Offer] = {}

        async def ask(name: Provider) -> None:
            told[name] = await self._offer(name, entries[name], settings, env)

        usable: list[Provider] = [name for name in entries if selection.fault(name, settings, env) is None]
        async with trio.open_nursery() as nursery:
            for name in usable:
                nursery.start_soon(ask, name)
        wanted = [name for name in usable if name not in KEYLESS or name in settings.providers]
        return tuple(told[name] for name in usable if told[name].models or name in wanted)

    async def _offer(
        self, name: Provider, entry: "Entry", settings: Settings, env: Mapping[str, str]
    ) -> messages.Offer:
        own, key = settings.of(name), api_key(name, env)
        base = endpoints.base(entry.base_url, entry.format.path, own.base_url)
        trouble = None
        try:
            listed = await self._listed(offers.question(name, base, own.base_url, key))
        except listing.NotListed as error:
            known = sorted({*self._catalogue.ids(name), *own.models})
            listed = tuple(offers.Offered(id=id) for id in known if offers.converses(id))
            failure = messages.ModelError(reason="network", provider=name, detail=str(error))
            trouble = str(without_secrets(failure, key))
        return messages.Offer(
            provider=name, models=tuple(self._described(name, each) for each in listed), trouble=trouble
        )

    async def _listed(self, question: offers.Question) -> tuple[offers.Offered, ...]:
        until, listed = self._answers.get(question, (-math.inf, ()))
        if self._clock() < until:
            return listed
        with trio.move_on_after(WITHIN) as scope:
            listed = await trio.to_thread.run_sync(listing.fetch, question, abandon_on_cancel=True)
        if scope.cancelled_caught:
            raise listing.NotListed(f"it did not answer within {WITHIN:g} s")
        self._answers[question] = (self._clock() + KEPT, listed)
        while len(self._answers) > _MOST:
            del self._answers[next(iter(self._answers))]
        return listed

    def _described(self, name: Provider, offered: offers.Offered) -> messages.OfferedModel:
        details = offered.under(self._catalogue.look_up(name, offered.id))
        return messages.OfferedModel(
            spec=f"{name}/{offered.id}",
            context_window=details.context_window,
            max_output=details.max_output,
            tools=details.tools,
            vision=details.vision,
            documents=details.documents,
            input_price=details.rates.input if details.rates else None,
            output_price=details.rates.output if details.rates else None,
        )


def _entries() -> "Mapping[Provider, Entry]":
    """All providers. Imports their formats, so call it in a thread."""
    from actors.llm.providers import PROVIDERS

    return PROVIDERS
