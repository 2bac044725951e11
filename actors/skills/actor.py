"""The skills actor: tells which skills there are, reads them, and is the only one who changes them."""

from pathlib import Path
from typing import TYPE_CHECKING, final

from actors import asking
from actors.llm import messages as llm
from actors.skills import authoring, edits, folder, messages, role
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

        told = authoring.request(name, given, request.prompt)
        text, usage = await self._written(authoring.SYSTEM, told, request.user)
        try:
            written = authoring.answer(text, given)
        except authoring.NoSkill as error:
            raise messages.NotGenerated(str(error)) from error
        return messages.Draft(description=written.description, body=written.body, usage=usage)

    @messages.GenerateRole.handler
    @concurrent(4)
    async def generate_role(self, request: messages.GenerateRole) -> messages.RoleDraft:
        if not request.prompt.strip():
            raise messages.BadSkill("say in prompt what the agent is to be")
        told = role.request(request.prompt, request.agent_name)
        text, usage = await self._written(role.SYSTEM, told, request.user)
        try:
            written = role.answer(text)
        except authoring.NoSkill as error:
            raise messages.NotGenerated(str(error), "role") from error
        skills = tuple(
            messages.RoleSkill(name=each.name, description=each.description, body=each.body)
            for each in written.skills
        )
        return messages.RoleDraft(
            soul_md=written.soul_md, heartbeat_md=written.heartbeat_md, skills=skills, usage=usage
        )

    async def _written(self, system: str, told: str, user: str) -> tuple[str, Usage]:
        """What a model says to that, and what it took, which is on the user's bill."""
        bill = asking.Bill(self.bus, user=user, purpose="skill")
        answer = await asking.answer(
            self.bus,
            llm.Complete(
                system=(llm.SystemText(text=system),),
                messages=(ChatMessage(role="user", content=(Text(text=told),)),),
                max_tokens=8192,
            ),
            bill.used,
            bill.left,
        )
        await bill.used(answer.usage)
        return "".join(texts_of(answer.content)), answer.usage
