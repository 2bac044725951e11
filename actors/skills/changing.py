"""Changing skills, and what they were: each change is written down before the disk is touched."""

import logging
from typing import Final

import attrs

from actors.skills import document, edits, folder, messages, rights, showing, store
from actors.skills.folder import MAIN, Tree
from actors.skills.library import SHARED, Card, digest_of
from actors.skills.messages import BadSkill, NothingToChange, SkillsFailed, UnknownSkill
from actors.skills.messages.history import Action
from actors.skills.reading import Reader
from actors.skills.store import Change
from actors.storage import micros
from actors.users import messages as users
from actors.vocabulary import UNCHANGED, Role
from bus import crash_point, redact

_LOG: Final = logging.getLogger(__name__)
ByModel = messages.SkillCreate | messages.SkillUpdate | messages.SkillDelete


class Changer(Reader):
    """Changes skills, for people and for models, and knows what they were."""

    async def start(self) -> None:
        """Throw away what was half made, and do what a crash has kept from being done, or give it up.

        Raises SkillsFailed where the database refuses.
        """
        await super().start()
        await self._apart(self._library.clear)
        for seq, owner, name, tree in await self._read(store.intents):
            try:
                await self._apart(self._carry_out, owner, name, tree)
            except SkillsFailed as error:  # the one skill of one user is no reason to be without all others
                _LOG.warning(
                    "what was to become of the skill %s of %s is given up: %s", name, owner or "all", error
                )
                await self._write(store.revoke, [seq])
            else:
                await self._write(store.settle, [seq])

    # --- changing: what all changes share -------------------------------------------------------------------

    async def _change(self, *changes: Change) -> tuple[int, ...]:
        """Write down, do, and tell of changes. Raises SkillsFailed; the disk is then as it was, or as it was to be."""
        seqs = await self._write(store.plan, changes, micros(self.bus.clock.now()))
        try:
            for change in changes:
                await self._apart(self._carry_out, change.owner, change.name, change.after)
                crash_point("skill", "on_disk")
        except SkillsFailed:
            await self._write(store.revoke, seqs)
            raise
        await self._write_relaxed(store.settle, seqs)
        for change in changes:
            await self.bus.publish(messages.SkillsChanged(name=change.name, owner=change.owner))
        return seqs

    def _carry_out(self, owner: str, name: str, tree: Tree | None) -> None:
        root = self._library.shelf(owner).root
        if tree is None:
            folder.remove(root, name)
        else:
            folder.put(root, name, tree)

    async def _tree(self, card: Card) -> Tree:
        """All files of a skill. Raises BadSkill for what cannot be kept."""
        return await self._apart(folder.read_tree, card.folder)

    async def _there(self, name: str, owner: str) -> Tree | None:
        """What a change is going to replace; None for nothing."""
        card = (await self._cards(owner)).get(name)
        return None if card is None else await self._tree(card)

    async def _own(self, name: str, owner: str | None, user: str, role: Role) -> Card:
        """A skill that somebody may change. Raises BadSkill, NothingToChange, NotYours."""
        layer = rights.layer(owner, user, role)
        edits.checked_name(name)
        for cards in [] if layer is None else await self._layers(layer or None):
            if name in cards:
                rights.require(cards[name])
                if cards[name].owner != layer:
                    raise messages.NotYours(name=name, why="it is shared, and an admin changes it")
                return cards[name]
        raise NothingToChange(name=name)

    async def _require_user(self, owner: str, user: str) -> None:
        """Raises UnknownUser where somebody gives a skill to a user who is none."""
        if owner not in {SHARED, user}:
            await self.bus.ask(users.GetUser(id=owner, user=user))

    async def _require_free(self, name: str, owner: str) -> None:
        """Raises SkillExists where a skill of that name counts for an owner already."""
        for cards in await self._layers(owner or None):
            if name in cards:
                raise messages.SkillExists(name=name)

    # --- changing: people -----------------------------------------------------------------------------------

    @messages.CreateSkill.handler
    async def create(self, request: messages.CreateSkill) -> messages.SkillDetail:
        owner = rights.layer(request.owner, request.user, request.role)
        name = edits.checked_name(request.name)
        if owner is None:
            raise messages.NotYours(name=name, why="it would be another user's")
        tree = edits.new(name, request.description, request.body, request.skill_version)
        await self._require_user(owner, request.user)
        await self._require_free(name, owner)
        await self._change(
            Change(owner=owner, name=name, before=None, after=tree, action="create", by=request.user)
        )
        return await self._detail((await self._cards(owner))[name], request.user, request.role)

    @messages.UpdateSkill.handler
    async def update(self, request: messages.UpdateSkill) -> messages.Changed:
        card = await self._own(request.name, request.owner, request.user, request.role)
        name, before = card.name, await self._tree(card)
        if request.if_digest not in {None, digest_of(before[MAIN].data)}:
            raise messages.ChangedMeanwhile(name=name)
        tree = before if request.raw_content is None else edits.with_main(before, request.raw_content)
        version = request.skill_version
        keys = {} if version == UNCHANGED else {"version": version}
        tree = edits.edited(tree, name, description=request.description, body=request.body, keys=keys)
        return await self._done(
            Change(owner=card.owner, name=name, before=before, after=tree, action="update", by=request.user)
        )

    @messages.DeleteSkill.handler
    async def delete(self, request: messages.DeleteSkill) -> None:
        card = await self._own(request.name, request.owner, request.user, request.role)
        before = await self._tree(card) if card.usable else None
        await self._change(
            Change(
                owner=card.owner, name=card.name, before=before, after=None, action="delete", by=request.user
            )
        )

    @messages.ApproveSkill.handler
    async def approve(self, request: messages.ApproveSkill) -> messages.Skill:
        name, owner = edits.checked_name(request.name), rights.checked_owner(request.owner)
        card = (await self._cards(owner)).get(name) if owner else None
        if card is None or not card.usable:
            raise UnknownSkill(name=name)
        if request.if_digest not in {None, card.main}:
            raise messages.ChangedMeanwhile(name=name)
        await self._require_replaceable(name)
        latest = (await self._read(store.latest)).get((request.owner, name))
        tree = await self._tree(card)
        shared = Change(
            owner=SHARED,
            name=name,
            before=await self._there(name, SHARED),
            after=tree,
            action="approve",
            by=request.user,
            author=request.owner,
            origin=showing.origin(card, latest),
            session=None if latest is None else latest.revision.session,
            turn=None if latest is None else latest.revision.turn,
        )
        gone = attrs.evolve(shared, owner=request.owner, before=tree, after=None)
        await self._change(shared, gone)
        return await self._shown(name, request.user, request.role)

    async def _require_replaceable(self, name: str) -> bool:
        """Whether there is a shared skill of that name. Raises NotYours for one that nobody changes."""
        found = [cards[name] for cards in await self._layers(None) if name in cards]
        for card in found:
            rights.require(card)
        return bool(found)

    async def _shown(self, name: str, user: str, role: Role) -> messages.Skill:
        """A shared skill as it is now."""
        return self._skill((await self._cards(SHARED))[name], await self._read(store.latest), user, role)

    async def _done(self, change: Change) -> messages.Changed:
        (seq,) = await self._change(change)
        main = b"" if change.after is None else change.after[MAIN].data
        return messages.Changed(revision=seq, digest=digest_of(main))

    # --- changing: models -----------------------------------------------------------------------------------

    @messages.SkillCreate.handler
    async def tool_create(self, request: messages.SkillCreate) -> str:
        name = edits.checked_name(request.name)
        if await self._is_new(request):
            await self._require_free(name, request.user)
            tree = edits.new(name, redact(request.description), redact(request.body))
            await self._by_model(request, "create", self._signed(tree, name, request))
        return f"Skill {name} is kept. It is this person's alone until an admin approves it for everybody."

    @messages.SkillUpdate.handler
    async def tool_update(self, request: messages.SkillUpdate) -> str:
        name = edits.checked_name(request.name)
        if await self._is_new(request):
            tree = await self._tree(await self._changeable(name, request.user))
            tree = edits.edited(
                tree,
                name,
                description=None if request.description is None else redact(request.description),
                body=None if request.body is None else redact(request.body),
            )
            await self._by_model(request, "update", self._signed(tree, name, request))
        return f"Skill {name} is corrected, for this person; what is shared with others an admin approves."

    @messages.SkillDelete.handler
    async def tool_delete(self, request: messages.SkillDelete) -> str:
        name = edits.checked_name(request.name)
        if await self._is_new(request):
            card = await self._changeable(name, request.user)
            if card.owner != request.user:
                raise messages.NotYours(name=name, why="it is shared, and an admin deletes it")
            await self._by_model(request, "delete", None)
        return f"Skill {name} is deleted."

    async def _is_new(self, request: ByModel) -> bool:
        """Whether the call was not carried out yet: after a crash it comes again."""
        return await self._read(store.by_call, request.call) is None

    async def _changeable(self, name: str, user: str) -> Card:
        """A skill that a model may change, in place or for this user. Raises NothingToChange, NotYours."""
        card = (await self._visible(user)).get(name)
        if card is None:
            raise NothingToChange(name=name)
        rights.require(card)
        return card

    def _signed(self, tree: Tree, name: str, request: ByModel) -> Tree:
        """The files with a mark of who wrote them, which they keep wherever they are copied to."""
        marks = {
            "starpod-origin": "model",
            "starpod-session": request.session,
            "starpod-date": f"{self.bus.clock.now():%Y-%m-%d}",
        }
        return edits.edited(tree, name, marks=marks)

    async def _by_model(self, request: ByModel, action: Action, after: Tree | None) -> None:
        """Change what is this user's alone."""
        await self._change(
            Change(
                owner=request.user,
                name=request.name,
                before=await self._there(request.name, request.user),
                after=after,
                action=action,
                by=request.user,
                origin="model",
                session=request.session,
                turn=request.turn,
                call=request.call,
            )
        )

    # --- history --------------------------------------------------------------------------------------------

    async def _layer(self, name: str, owner: str | None, user: str, role: Role) -> str:
        """Whose skill is meant by a name, which need not be there any more. Raises BadSkill, UnknownSkill."""
        edits.checked_name(name)
        if owner is None:
            try:
                return (await self._card(name, None, user, role)).owner
            except UnknownSkill:
                return SHARED if role == "admin" else user
        if role != "admin" and owner not in {SHARED, user}:
            raise UnknownSkill(name=name)
        return rights.checked_owner(owner)

    @messages.ListRevisions.handler
    async def revisions(self, request: messages.ListRevisions) -> tuple[messages.Revision, ...]:
        owner = await self._layer(request.name, request.owner, request.user, request.role)
        found = await self._read(store.history, owner, request.name, request.limit)
        if not found:
            await self._card(request.name, request.owner, request.user, request.role)
        return found

    @messages.ReadRevision.handler
    async def read_revision(self, request: messages.ReadRevision) -> messages.RevisionText:
        owner = await self._layer(request.name, request.owner, request.user, request.role)
        revision, tree = await self._revision(owner, request.name, request.seq)
        main = tree.get(MAIN)
        return messages.RevisionText(
            revision=revision,
            raw_content="" if main is None else document.decoded(main.data),
            resources=store.resources(tree),
        )

    async def _revision(self, owner: str, name: str, seq: int) -> tuple[messages.Revision, Tree]:
        found = await self._read(store.revision, owner, name, seq)
        if found is None:
            raise messages.UnknownRevision(name=name, seq=seq)
        return found

    @messages.RevertSkill.handler
    async def revert(self, request: messages.RevertSkill) -> messages.Changed:
        name = edits.checked_name(request.name)
        owner = rights.layer(request.owner, request.user, request.role)
        if owner is None:
            raise messages.UnknownRevision(name=name, seq=request.seq)
        _, tree = await self._revision(owner, name, request.seq)
        if MAIN not in tree:
            raise BadSkill(f"after revision {request.seq} there was no skill: delete it instead")
        await self._require_user(owner, request.user)
        if name not in await self._cards(owner):
            await self._require_free(name, owner)
        elif owner == SHARED:
            await self._require_replaceable(name)
        before = await self._there(name, owner)
        return await self._done(
            Change(owner=owner, name=name, before=before, after=tree, action="revert", by=request.user)
        )
