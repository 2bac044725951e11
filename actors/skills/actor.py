"""The skills actor: tells which skills there are, reads them, and is the only one who changes them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, final

from actors.llm import messages as llm
from actors.session import messages as session
from actors.skills import authoring, edits, folder, messages
from actors.skills.changing import Changer
from actors.skills.library import SHARED
from actors.skills.store import Change
from actors.storage import clean
from actors.transcript import texts as texts_of
from actors.vocabulary import ChatMessage, Text, Usage
from bus import concurrent

if TYPE_CHECKING:
    from actors.skills.packages import Package


@final
class SkillsActor(Changer):
    """Owns the folders of skills and their history, and takes in what comes from elsewhere."""

    # --- from elsewhere -------------------------------------------------------------------------------------

    @messages.InspectPackage.handler
    async def inspect(self, request: messages.InspectPackage) -> tuple[messages.Candidate, ...]:
        from actors.skills.candidates import candidate

        found = await self._package(request.path)
        common = {name: card for cards in reversed(await self._layers(None)) for name, card in cards.items()}
        return tuple(candidate(each, common.get(each.name)) for each in found)

    @messages.InstallSkill.handler
    async def install(self, request: messages.InstallSkill) -> messages.Skill:
        name = edits.checked_name(request.name)
        found = next((each for each in await self._package(request.path) if each.name == name), None)
        if found is None or found.refused is not None:
            raise messages.PackageRefused(f"{request.path} has no skill {name} that can be installed")
        if folder.digest(found.tree) != request.digest:
            raise messages.PackageRefused(f"{name} is not what was looked at any more: look again")
        if await self._require_replaceable(name) and not request.replace:
            raise messages.SkillExists(name=name)
        await self._change(
            Change(
                owner=SHARED,
                name=name,
                before=await self._there(name, SHARED),
                after=found.tree,
                action="install",
                by=request.user,
                origin="installed",
                source=clean(request.source) or request.path,
            )
        )
        return await self._shown(name, request.user, request.role)

    async def _package(self, path: str) -> "tuple[Package, ...]":
        from actors.skills import packages

        try:
            return await self._apart(packages.read, Path(path))
        except packages.Refused as error:
            raise messages.PackageRefused(str(error)) from error

    @messages.GenerateSkill.handler
    @concurrent(4)
    async def generate(self, request: messages.GenerateSkill) -> messages.Draft:
        name = edits.checked_name(request.name)
        given = edits.checked_description(request.description) if request.description else None
        await self._require_free(name, SHARED)

        async def used(usage: Usage) -> None:
            await self.bus.ask(
                session.RecordUsage(purpose="skill", user=request.user, usage=usage, session="")
            )

        answer = await self._answer(authoring.SYSTEM, authoring.request(name, given, request.prompt), used)
        if answer is None:
            raise messages.NotGenerated("its answer has no end")
        await used(answer.usage)
        try:
            written = authoring.answer("".join(texts_of(answer.content)), given)
        except authoring.NoSkill as error:
            raise messages.NotGenerated(str(error)) from error
        return messages.Draft(description=written.description, body=written.body, usage=answer.usage)

    async def _answer(
        self, system: str, said: str, wasted: Callable[[Usage], Awaitable[None]]
    ) -> llm.Completed | None:
        """What the default model answers; `wasted` is told what attempts that failed have used.

        Raises what llm.Complete raises.
        """
        completion = llm.Complete(
            system=(llm.SystemText(text=system),),
            messages=(ChatMessage(role="user", content=(Text(text=said),)),),
            max_tokens=8192,
        )
        async with self.bus.stream(completion) as items:
            async for item in items:
                if isinstance(item, llm.Wasted):
                    await wasted(item.usage)
                if isinstance(item, llm.Completed):
                    return item
        return None
