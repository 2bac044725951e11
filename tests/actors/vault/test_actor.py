"""The vault as others meet it: what it keeps, for whom, and what it says of it."""

import subprocess
import sys
from typing import Any

import attrs
import pytest
import trio

from actors.vault import messages as vault
from actors.vault import names
from bus import BootError, State, redact
from bus.testing import forget_secrets
from tests.actors.vault.conftest import Vault, change
from tests.system.daemons import environment

VALUE = "correct horse battery"
OF_ADA = "tok_4711_tangerine_heliotrope"


async def test_what_is_kept_is_read_back_and_lies_nowhere_in_clear(safe: Vault) -> None:
    await safe.set("GITHUB_TOKEN", VALUE)

    assert await safe.read("GITHUB_TOKEN") == {"GITHUB_TOKEN": VALUE}
    for path in safe.data.rglob("*"):
        assert not path.is_file() or b"correct horse" not in path.read_bytes()


async def test_an_empty_vault_has_no_key_and_answers_nothing(safe: Vault) -> None:
    assert await safe.look("A", "B") == vault.Found(secrets=(), unreadable={})
    assert await safe.entries() == []
    assert await safe.log() == []
    with pytest.raises(vault.UnknownSecret):
        await safe.mesh.bus.ask(vault.Reveal(name="A", user="admin"))
    assert list(safe.data.rglob("*")) == [safe.database.parent]


async def test_a_database_that_was_lost_is_no_empty_vault(stopped: Vault) -> None:
    stopped.database.with_name("vault.db-wal").write_bytes(b"what was kept")
    with pytest.raises(BootError, match="the file is gone, but its write-ahead log is still there"):
        await stopped.start()


async def test_what_is_kept_is_there_after_a_restart(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.mesh.console.restart("vault")
    assert await safe.read("A") == {"A": "1"}


def test_an_empty_vault_loads_neither_cipher_nor_keyring() -> None:
    """The time to the first accepted request is measured."""
    program = "import sys, starpod.tree; sys.exit(bool({'cryptography', 'keyring'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], env=environment(), check=False).returncode == 0


async def test_a_value_replaces_the_older_one_and_leaves_the_rest(safe: Vault) -> None:
    first = await safe.set("A", "1", hosts=("x.org",))
    second = await safe.set("A", "2")

    assert await safe.read("A") == {"A": "2"}
    assert second.created_at == first.created_at
    assert second.updated_at >= first.updated_at
    assert second.hosts == ("x.org",)


async def test_a_secret_may_go_nowhere_unless_its_name_is_known_or_somebody_says_so(safe: Vault) -> None:
    assert (await safe.set("MINE", "1")).hosts == ()
    assert (await safe.set("GITHUB_TOKEN", "1")).hosts == ("api.github.com",)
    assert (await safe.set("GH_TOKEN", "1", hosts=())).hosts == ()
    assert (await safe.set("GH_TOKEN", "2")).hosts == ()

    changed = await safe.hosts("MINE", "*.x.org", proof="operator")

    assert changed.hosts == ("*.x.org",)
    found = await safe.look("MINE")
    assert found.secrets[0].allows("a.x.org")
    assert not found.secrets[0].allows("a.x.com")


async def test_only_the_operator_lets_a_secret_go_to_more_hosts_without_its_value(safe: Vault) -> None:
    await safe.set("A", "1", hosts=("*.x.org", "y.org"))
    await safe.set("B", "2", "ada", user="ada", role="user")
    for wider in (("*",), ("y.org", "z.org"), ("x.org",), ("*.org",)):
        with pytest.raises(vault.Widening, match="only the operator lets it go to more hosts"):
            await safe.hosts("A", *wider)
    with pytest.raises(vault.Widening, match=r"B may not be sent to b\.org"):
        await safe.hosts("B", "b.org", owner="ada", user="ada", role="user")

    assert (await safe.hosts("A", "y.org", "a.x.org", "*.b.x.org")).hosts == ("y.org", "a.x.org", "*.b.x.org")
    assert (await safe.hosts("A")).hosts == ()
    assert (await safe.hosts("A", "y.org", proof="operator")).hosts == ("y.org",)
    with pytest.raises(vault.Widening, match=r"z\.org"):
        await safe.hosts("A", "z.org", proof="page")
    assert (await safe.hosts("A", "z.org", proof="confirmed")).hosts == ("z.org",), "a page with a code"
    assert (await safe.set("A", "another", hosts=("z.org",))).hosts == ("z.org",)
    assert [(each.value, each.hosts) for each in (await safe.look("A")).secrets] == [("another", ("z.org",))]


async def test_who_can_write_the_file_sends_nothing_anywhere(safe: Vault) -> None:
    for name in ("A", "B"):
        await safe.set(name, name, hosts=("x.org",))
    change(safe, "UPDATE vault_entries SET allowed_hosts = '*'")

    assert (await safe.look("A", "B")).unreadable.keys() == {"A", "B"}
    with pytest.raises(vault.VaultFailed, match="A cannot be read: it is damaged"):
        await safe.hosts("A", "y.org")
    assert (await safe.set("A", "2")).hosts == ()
    assert await safe.read("A") == {"A": "2"}


async def test_entries_are_listed_by_owner_and_name_without_values(safe: Vault) -> None:
    await safe.know_people()
    for name, owner in (("B", ""), ("A", ""), ("A", "bob"), ("openai_api_key", "")):
        await safe.set(name, VALUE, owner)

    listed = await safe.mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))

    assert [(each.owner, each.name) for each in listed] == [
        ("", "A"), ("", "B"), ("", "OPENAI_API_KEY"), ("bob", "A"),
    ]  # fmt: skip
    assert [each.system for each in listed] == [False, False, True, False]
    assert VALUE not in repr(listed)


async def test_one_user_neither_reads_nor_sees_nor_changes_what_another_keeps(safe: Vault) -> None:
    await safe.set("A", "of ada", "ada", user="ada", role="user")
    await safe.set("A", "of the agent")
    await safe.set("B", "of the agent")

    assert await safe.read("A", "B", user="bob") == {}
    assert await safe.read("A", "B", user="ada") == {"A": "of ada"}
    assert await safe.read("A", "B") == {"A": "of the agent", "B": "of the agent"}
    assert await safe.entries("bob", "user") == []
    assert await safe.entries("ada", "user") == [("ada", "A")]
    for owner in ("ada", ""):
        with pytest.raises(vault.NotYours):
            await safe.set("A", "x", owner, user="bob", role="user")
        with pytest.raises(vault.NotYours):
            await safe.mesh.bus.ask(vault.DeleteSecret(name="A", owner=owner, user="bob", role="user"))
        with pytest.raises(vault.NotYours):
            await safe.mesh.bus.ask(
                vault.UpdateHosts(name="A", owner=owner, hosts=(), user="bob", role="user")
            )
    assert await safe.read("A", user="ada") == {"A": "of ada"}


async def test_a_user_is_the_same_in_every_case(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "of ada", "Ada")
    await safe.set("A", "of ada, too", "ada", user="ADA", role="user")
    assert await safe.read("A", user="aDa") == {"A": "of ada, too"}
    assert await safe.entries("ADA", "user") == [("ada", "A")]
    assert (await safe.mesh.bus.ask(vault.Reveal(name="A", owner="ADA", user="admin"))).value == "of ada, too"


async def test_nobody_is_not_the_agent(safe: Vault) -> None:
    await safe.set("A", "of the agent")
    assert await safe.read("A", user="") == {}
    assert await safe.entries("", "user") == []
    with pytest.raises(vault.NotYours):
        await safe.set("A", "x", user="", role="user")


async def test_an_admin_has_the_agent_s_own_behind_what_is_theirs(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "of the agent")
    await safe.set("B", "of the agent")
    await safe.set("A", "of ada", "ada")
    await safe.set("C", "of bob", "bob")

    found = await safe.read("A", "B", "C", user="ada", role="admin")

    assert found == {"A": "of ada", "B": "of the agent"}


async def test_what_the_agent_works_with_is_for_nobody_s_tools(safe: Vault) -> None:
    await safe.set("Anthropic_Api_Key", VALUE)
    assert await safe.read("anthropic_api_key") == {"ANTHROPIC_API_KEY": VALUE}
    assert await safe.read("ANTHROPIC_API_KEY", "anthropic_api_key", user="admin", role="admin") == {}
    with pytest.raises(vault.BadSecret, match="the agent's own"):
        await safe.set("ANTHROPIC_API_KEY", VALUE, "ada")
    with pytest.raises(vault.NotYours):
        await safe.set("ANTHROPIC_API_KEY", VALUE, user="bob", role="user")


async def test_one_may_look_at_ones_own_alone(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.set("B", "2", "ada", user="Ada", role="user")
    await safe.set("C", "3", "admin")
    for owner, found in ((None, ["A", "C", "B"]), ("", ["A"]), ("ADA", ["B"]), ("bob", [])):
        ask = vault.ListSecrets(owner=owner, user="admin", role="admin")
        assert sorted(each.name for each in await safe.mesh.bus.ask(ask)) == sorted(found)
    for owner, found in ((None, ["B"]), ("", []), ("ada", ["B"]), ("admin", [])):
        ask = vault.ListSecrets(owner=owner, user="ada", role="user")
        assert [each.name for each in await safe.mesh.bus.ask(ask)] == found


async def test_a_user_keeps_so_many_and_no_more(safe: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_OF_USER", 2)
    ada: dict[str, Any] = {"owner": "ada", "user": "ada", "role": "user"}
    for name in ("A", "B", "A"):
        await safe.set(name, "1", **ada)
    with pytest.raises(vault.BadSecret, match="2 secrets at most"):
        await safe.set("C", "1", **ada)
    await safe.set("C", "1")


async def test_a_secret_is_kept_for_nobody_who_is_not_known(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "1", "Bob")
    with pytest.raises(vault.BadSecret, match="no user 'bbo': `starpod user list`"):
        await safe.set("A", "1", "bbo")
    assert await safe.entries() == [("bob", "A")]


async def test_a_secret_is_kept_for_nobody_else_while_people_cannot_be_looked_up(safe: Vault) -> None:
    with pytest.raises(vault.VaultFailed, match="whether there is a user 'bob' cannot be found out"):
        await safe.set("A", "1", "bob")
    assert await safe.entries() == []


async def test_deleting_is_the_same_once_and_twice(safe: Vault) -> None:
    await safe.set("A", "1")
    delete = vault.DeleteSecret(name="A", user="admin", role="admin")

    assert [await safe.mesh.bus.ask(delete), await safe.mesh.bus.ask(delete)] == [True, False]
    assert await safe.read("A") == {}
    with pytest.raises(vault.UnknownSecret, match="no 'A'"):
        await safe.mesh.bus.ask(vault.UpdateHosts(name="A", hosts=(), user="admin", role="admin"))
    with pytest.raises(vault.UnknownSecret):
        await safe.mesh.bus.ask(vault.Reveal(name="A", user="admin"))


@pytest.mark.parametrize(
    "wrong", [{"name": "a b"}, {"value": ""}, {"hosts": ("https://x.org",)}, {"owner": "../x"}]
)
async def test_what_cannot_be_kept_is_refused_without_the_value(safe: Vault, wrong: dict[str, Any]) -> None:
    with pytest.raises(vault.BadSecret) as refused:
        await safe.set(**{"name": "A", "value": VALUE, **wrong})
    assert VALUE not in str(refused.value)
    assert not safe.key.exists()
    assert await safe.entries() == []


async def test_changes_are_published_by_name(safe: Vault) -> None:
    await safe.know_people()
    await safe.set("A", "1", "ada")
    await safe.mesh.bus.ask(vault.DeleteSecret(name="A", owner="ada", user="admin", role="admin"))
    await safe.mesh.bus.ask(vault.DeleteSecret(name="A", owner="ada", user="admin", role="admin"))
    assert safe.mesh.published(vault.SecretsChanged) == [vault.SecretsChanged(names=("A",), owner="ada")] * 2


async def test_every_look_and_every_change_is_written_down(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.look("A", "B", "A")
    await safe.look("A", user="ada", role="admin")
    await safe.mesh.bus.ask(vault.Reveal(name="A", user="admin"))
    for _ in range(2):
        await safe.hosts("A", "x.org", proof="operator")
    await safe.rotate()
    await safe.mesh.bus.ask(vault.DeleteSecret(name="A", user="admin", role="admin"))

    assert await safe.log() == [
        ("set", "A", "admin", ""),
        ("read", "A", "", "a test"),
        ("read", "A", "ada", "a test"),
        ("reveal", "A", "admin", ""),
        ("hosts", "A", "admin", "x.org"),
        ("rotate", "", "admin", "1 sealed anew"),
        ("delete", "A", "admin", ""),
    ]


async def test_the_last_look_is_known(safe: Vault) -> None:
    await safe.set("A", "1")
    (before,) = await safe.mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))
    await safe.read("A")
    (after,) = await safe.mesh.bus.ask(vault.ListSecrets(user="admin", role="admin"))
    assert before.last_read_at is None
    assert after.last_read_at is not None
    assert attrs.evolve(after, last_read_at=None) == before


async def test_nobody_gets_a_secret_that_cannot_be_written_down(safe: Vault) -> None:
    await safe.set("A", "1")
    await safe.read("A")
    away = safe.database.rename(safe.database.with_name("away"))
    with pytest.raises(vault.VaultFailed, match=r"vault\.db was moved"):
        await safe.read("A")
    away.rename(safe.database)
    assert await safe.read("A") == {"A": "1"}


async def test_many_at_once_are_all_kept(safe: Vault) -> None:
    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(safe.set, f"N{n}", str(n))
    assert await safe.read(*(f"N{n}" for n in range(20))) == {f"N{n}": str(n) for n in range(20)}


# --- no text shows what is kept ------------------------------------------------------------------------------


async def test_what_is_kept_shows_in_no_text(safe: Vault) -> None:
    assert redact(VALUE) == VALUE
    await safe.set("PASSPHRASE", VALUE)
    assert redact(VALUE) == "[secret PASSPHRASE]"
    await safe.set("PASSPHRASE", "another one")
    assert redact(f"{VALUE}, another one") == "[secret PASSPHRASE], [secret PASSPHRASE]"


async def test_what_is_kept_shows_in_no_text_after_a_restart(safe: Vault) -> None:
    await safe.set("PASSPHRASE", VALUE)
    await safe.set("OF_ADA", OF_ADA, owner="ada", user="ada", role="user")
    before = await safe.log()
    forget_secrets()
    await safe.mesh.console.restart("vault")
    assert redact(f"{VALUE} {OF_ADA}") == "[secret PASSPHRASE] [secret]"
    assert await safe.log() == before, "nobody has looked at them"


async def test_what_a_user_keeps_takes_no_words_from_others_and_names_nothing(safe: Vault) -> None:
    await safe.set(
        "WORDS", f"a common sentence {OF_ADA} implementation_detail", "ada", user="ada", role="user"
    )
    assert (
        redact("implementation_detail of a common sentence") == "implementation_detail of a common sentence"
    )
    assert redact(f"{OF_ADA}!") == "[secret]!"


async def test_without_its_key_it_starts_and_says_so(safe: Vault) -> None:
    await safe.set("PASSPHRASE", VALUE)
    content = safe.key.read_text()
    safe.key.unlink()
    await safe.mesh.console.restart("vault")
    assert safe.mesh.cell("vault").health.state is State.DEGRADED
    forget_secrets()
    safe.key.write_text(content)
    assert await safe.read("PASSPHRASE") == {"PASSPHRASE": VALUE}
    assert redact(VALUE) == "[secret PASSPHRASE]"
