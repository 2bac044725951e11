"""What commands know of the environment."""

from pathlib import PurePosixPath

from actors.shell.environment import USUAL, environment

HOME = PurePosixPath("/srv/home")


def test_nothing_of_the_agents_is_passed_on_but_what_says_how_to_write() -> None:
    ours = {"PATH": "/usr/bin", "LANG": "C.UTF-8", "TZ": "UTC", "ANTHROPIC_API_KEY": "x", "BASH_ENV": "/x"}
    assert environment(ours, {}, HOME, mark="abc") == {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PATH": "/srv/home/.local/bin:/usr/bin",
        "HOME": "/srv/home",
        "PWD": "/srv/home",
        "TMPDIR": "/tmp",
        "STARPOD_COMMAND": "abc",
    }


def test_what_the_owner_grants_is_there_as_far_as_it_is_set() -> None:
    found = environment({}, {"PLANET": "Mars", "MOON": None, "PATH": "/opt/bin"}, HOME, mark="abc")
    assert found["PLANET"] == "Mars"
    assert "MOON" not in found
    assert found["PATH"] == "/opt/bin"


def test_programs_are_looked_for_where_there_can_be_some() -> None:
    ours = {"PATH": "/root/bin:bin::/usr/lib/x:/usr/bin:/usrs"}
    found = environment(ours, {}, HOME, visible=("/usr", "/bin"), mark="abc")
    assert found["PATH"] == ":".join(
        ("/srv/home/.local/bin", "/usr/lib/x", "/usr/bin", *USUAL.replace("/usr/bin:", "").split(":"))
    )
    assert environment({}, {}, HOME, mark="abc")["PATH"] == f"/srv/home/.local/bin:{USUAL}"


def test_the_way_to_the_internet() -> None:
    found = environment({}, {}, HOME, proxy="http://127.0.0.1:3128", mark="abc")
    for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        assert found[name] == "http://127.0.0.1:3128"
    assert found["no_proxy"] == found["NO_PROXY"] == "localhost,127.0.0.1,::1"
