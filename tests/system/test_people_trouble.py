"""The databases of people and of secrets: gone, restored, or not to be written. Nobody is let in by that."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.system.daemons import Daemon, Place, serving, starpod
from tests.system.mounts import read_only, unwritable

SECRET = "hush-hush-hush"


async def done(place: Place, *arguments: str, stdin: str = "") -> str:
    ended = await starpod(place.root, *arguments, stdin=stdin)
    assert ended.status == 0, ended.err
    return ended.out


async def refused(place: Place, *arguments: str, stdin: str = "") -> str:
    ended = await starpod(place.root, *arguments, stdin=stdin)
    assert (ended.status, ended.out, "Traceback" in ended.err) == (1, "", False), ended.err
    return ended.err


async def key_of(place: Place, user: str) -> str:
    return str(json.loads(await done(place, "key", "new", "--user", user, "--json"))["key"])


async def asked(
    daemon: Daemon, shown: str, method: str = "GET", path: str = "/api/sessions", **body: Any
) -> tuple[int, Any]:
    """The status and the answer for whoever has this key."""
    headers = {"Authorization": "", "X-API-Key": shown}
    answer = await daemon.request(method, path, json=body or None, headers=headers)
    return answer.status_code, answer.json()


@pytest.fixture
def place() -> Iterator[Place]:
    """An agent on a disk: a file in memory can be written by whoever has it open, whatever its attributes say."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        yield Place(Path(folder) / "aster")


@pytest.fixture
async def known(place: Place) -> tuple[Place, str]:
    """An agent that Ada has spoken with and that keeps a secret, and her key."""
    async with serving(place) as daemon:
        await done(place, "user", "add", "ada")
        key = await key_of(place, "ada")
        assert (await asked(daemon, key, "POST", "/api/chat", text="note: mine"))[0] == 200
        await done(place, "vault", "set", "A_TOKEN", stdin=SECRET)
    return place, key


def database(place: Place, name: str) -> Path:
    return place.inside / "db" / f"{name}.db"


# --- gone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["users", "vault"])
async def test_a_database_that_is_gone_is_not_begun_anew(known: tuple[Place, str], name: str) -> None:
    place, key = known
    file = database(place, name)
    away = file.rename(file.with_name("away"))
    said = await refused(place, "serve")
    assert f"{file} is gone" in said
    assert "Put it back" in said
    assert not file.exists()
    away.rename(file)
    async with serving(place) as daemon:
        assert [each["title"] for each in (await asked(daemon, key))[1]] == ["note: mine"]
        assert await done(place, "vault", "get", "A_TOKEN") == f"{SECRET}\n"


async def test_begun_anew_a_user_who_takes_an_old_name_is_not_given_what_is_anothers(
    known: tuple[Place, str],
) -> None:
    place, key = known
    for file in (place.inside / "db").glob("users.db*"):
        file.unlink()
    async with serving(place) as daemon:
        assert (await asked(daemon, key))[0] == 401
        for id in ("ada", "ADA"):
            said = await refused(place, "user", "add", id)
            assert "what is theirs is still here" in said
            assert f"starpod user add {id} --adopt" in said
        await done(place, "user", "add", "ada2")
        assert await asked(daemon, await key_of(place, "ada2")) == (200, [])
        await done(place, "user", "add", "ada", "--adopt")
        _, found = await asked(daemon, await key_of(place, "ada"))
        assert [each["title"] for each in found] == ["note: mine"]


async def test_a_backup_from_before_somebody_came_does_not_give_the_name_away(place: Place) -> None:
    async with serving(place):
        pass
    backup = database(place, "users").read_bytes()
    async with serving(place) as daemon:
        await done(place, "user", "add", "ada")
        await asked(daemon, await key_of(place, "ada"), "POST", "/api/chat", text="help")
    database(place, "users").write_bytes(backup)
    async with serving(place):
        assert "what is theirs is still here" in await refused(place, "user", "add", "ada")


# --- not to be written --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["users", "vault"])
async def test_one_that_may_not_be_written_stops_the_start(known: tuple[Place, str], name: str) -> None:
    place, key = known
    file = database(place, name)
    with read_only(file):
        said = await refused(place, "serve")
        assert f"{file} may not be written" in said
        assert "Make the file and its folder writable" in said
    async with serving(place) as daemon:
        assert (await asked(daemon, key))[0] == 200


async def test_people_that_can_no_longer_be_written_stay_who_they_are_and_no_more_are_let_in(
    known: tuple[Place, str],
) -> None:
    place, key = known
    file = database(place, "users")
    async with serving(place, expect_errors=True) as daemon:
        with unwritable(file, file.with_name("users.db-wal")):
            assert (await asked(daemon, key))[0] == 200
            assert (await asked(daemon, "sp_live_" + "0" * 40))[0] == 401
            for arguments in (
                ("user", "add", "bob"),
                ("key", "new", "--user", "ada"),
                ("user", "deactivate", "ada"),
            ):
                assert "users.db" in await refused(place, *arguments)
            status, _ = await asked(daemon, key, "POST", "/api/auth/login", key=key)
            assert status == 503
        await done(place, "user", "deactivate", "ada")
        assert (await asked(daemon, key))[0] == 401


async def test_a_vault_that_can_no_longer_be_written_gives_nothing_away_that_is_not_noted(
    known: tuple[Place, str],
) -> None:
    place, _ = known
    file = database(place, "vault")
    async with serving(place, expect_errors=True):
        assert await done(place, "vault", "get", "A_TOKEN") == f"{SECRET}\n"
        with unwritable(file, file.with_name("vault.db-wal")):
            assert "vault.db" in await refused(place, "vault", "set", "B_TOKEN", stdin=SECRET)
            assert SECRET not in await refused(place, "vault", "get", "A_TOKEN")
        await done(place, "vault", "set", "B_TOKEN", stdin=SECRET)
        assert await done(place, "vault", "get", "A_TOKEN") == f"{SECRET}\n"
