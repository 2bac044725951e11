"""People and keys of a running daemon, from the command line; an instance knows the files of its users."""

import json
import re
from typing import Any

import httpx2

from tests.system.daemons import Place, serving, starpod, until


async def says(place: Place, *arguments: str) -> str:
    done = await starpod(place.root, *arguments)
    assert done.status == 0, done.err
    return done.out


async def answers(place: Place, *arguments: str) -> Any:
    return json.loads(await says(place, *arguments, "--json"))


async def refuses(place: Place, *arguments: str) -> str:
    done = await starpod(place.root, *arguments)
    assert (done.status, done.out) == (1, "")
    return done.err


async def test_people_are_added_listed_let_in_and_kept_out(place: Place) -> None:
    async with serving(place):
        said = await says(place, "user", "add", "ada", "--name", "Ada", "--email", "ada@example.org")
        assert "ada is a user now" in said
        assert "is taken" in await refuses(place, "user", "add", "ADA")
        assert "cannot be the id of a user" in await refuses(place, "user", "add", "../ada")
        lines = (await says(place, "user", "list")).splitlines()
        assert [re.split(" {2,}", line)[:4] for line in lines] == [
            ["user", "name", "role", "let in"],
            ["admin", "Admin", "admin", "yes"],
            ["ada", "Ada", "user", "yes"],
        ]
        assert (await answers(place, "user", "role", "ada", "admin"))["role"] == "admin"
        assert "no active admin with a usable key" in await refuses(place, "user", "deactivate", "admin")
        assert "not let in any more" in await says(place, "user", "deactivate", "ada")
        assert "`starpod user activate` changes that" in await refuses(
            place, "open", "--print", "--user", "ada"
        )
        assert [each["is_active"] for each in await answers(place, "user", "list")] == [True, False]
        assert "let in again" in await says(place, "user", "activate", "ada")
        assert "there is no user 'bob'" in await refuses(place, "user", "activate", "bob")


async def test_keys_are_made_listed_and_revoked(place: Place) -> None:
    async with serving(place):
        await says(place, "user", "add", "ada")
        made = await answers(place, "key", "new", "--user", "ada", "--label", "laptop", "--days", "30")
        assert re.fullmatch("sp_live_[0-9a-f]{40}", made["key"])
        alone = await says(place, "key", "new")
        assert re.fullmatch("sp_live_[0-9a-f]{40}\n", alone)
        listed = await says(place, "key", "list", "--user", "ada")
        assert "laptop" in listed
        assert made["key"] not in listed
        assert made["meta"]["id"][:8] in listed
        assert len(await answers(place, "key", "list")) == 3
        assert "no key begins with nothing" in await refuses(place, "key", "revoke", "nothing")
        assert "several keys begin" in await refuses(place, "key", "revoke", "")
        assert "of ada is void" in await says(place, "key", "revoke", made["meta"]["id"][:8])
        assert (await answers(place, "key", "list", "--user", "ada"))[0]["revoked_at"]
        assert "revoked" in await says(place, "key", "list", "--user", "ada")


async def test_without_a_daemon_nobody_is_asked(place: Place) -> None:
    for arguments in (("user", "list"), ("key", "list")):
        assert "no daemon runs" in await refuses(place, *arguments)


async def test_the_first_key_is_in_a_file_of_its_owner_and_on_no_stream(place: Place) -> None:
    outdated = place.inside / "page.key"
    outdated.write_text("of an earlier version")
    async with serving(place) as daemon:
        file = place.inside / "admin.key"
        key = file.read_text()
        assert re.fullmatch("sp_live_[0-9a-f]{40}", key)
        assert file.stat().st_mode & 0o777 == 0o600
        assert not outdated.exists()
        await until(lambda: str(file) in daemon.log)
    assert key[8:] not in daemon.log
    async with serving(place) as later:
        assert file.read_text() == key
        await until(lambda: "Databases" in later.log)
    assert "admin.key" not in later.log


async def test_over_http_what_is_made_is_told_so_and_what_is_not_there_is_nothing(place: Place) -> None:
    async with serving(place) as daemon:

        async def ask(method: str, path: str, **body: Any) -> tuple[int, Any]:
            answer = await daemon.request(method, path, json=body or None)
            return answer.status_code, answer.json()

        people = "/api/settings/auth/users"
        status, made = await ask("POST", people, id="ada", display_name="Ada")
        assert (status, made["role"]) == (201, "user")
        assert (await ask("POST", people, id="ada"))[0] == 409
        status, created = await ask("POST", f"{people}/ada/api-keys", label="laptop")
        assert (status, created["meta"]["user"]) == (201, "ada")
        assert (await ask("POST", "/api/auth/keys"))[0] == 201
        assert await ask("GET", f"{people}/ada/telegram") == (200, {})
        assert (await ask("PUT", f"{people}/ada/telegram", telegram_id=7))[0] == 200
        assert (await ask("GET", f"{people}/ada/telegram"))[1]["telegram_id"] == 7
        assert await ask("DELETE", f"{people}/ada/telegram") == (200, {})
        assert (await ask("GET", f"{people}/bob/telegram"))[0] == 404


async def test_a_browser_that_was_signed_in_with_a_key_is_out_when_the_key_ends(place: Place) -> None:
    async with serving(place) as daemon:
        key = await answers(place, "key", "new", "--label", "phone")
        async with httpx2.AsyncClient(base_url=daemon.url, trust_env=False, verify=False) as browser:
            signed_in = await browser.post("/api/auth/login", json={"key": key["key"]})
            browser.headers["X-Starpod-Page"] = signed_in.json()["page"]
            assert (await browser.get("/api/sessions")).status_code == 200
            await says(place, "key", "revoke", key["meta"]["id"])
            assert (await browser.get("/api/sessions")).status_code == 401
