import pytest

from actors.mcp.settings import Mcp, Server, Settings, faults
from actors.vault.names import may_be_granted, says_secret


def faults_of(server: Server, name: str = "a") -> list[str]:
    settings = Settings(mcp=Mcp(servers={name: server}))
    return list(faults(settings, says_secret, may_be_granted))


def test_a_program_and_an_address_are_servers() -> None:
    env = {"ROOT": "/srv", "API_TOKEN": "$NOTES_TOKEN", "EMPTY_TOKEN": ""}
    headers = {"Authorization": "Bearer $X", "X-Team": "red"}

    assert faults_of(Server(command="npx", args=("-y",), env=env)) == []
    assert faults_of(Server(url="https://mcp.example.com/mcp?a=1", headers=headers)) == []


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Server(), "needs either a command"),
        (Server(command="a", url="http://b/"), "needs either a command"),
        (Server(command=" "), "a command is a program"),
        (Server(command="a", headers={"A": "b"}), "headers are for a url"),
        (Server(command="a", args=("\0",)), "NUL"),
        (Server(url="http://b/", args=("x",)), "are for a command"),
        (Server(url="http://b/", env={"A": "b"}), "are for a command"),
        (Server(url="http://b/", sandbox=True), "are for a command"),
        (Server(url="ftp://b/"), "must be an address"),
        (Server(url="http://me:secret@b/"), "must be an address"),
        (Server(url="http://[b/"), "must be an address"),
        (Server(command="a", env={"A B": "c"}), "'A B' cannot be a name"),
        (Server(command="a", env={"A": "b\nc"}), "must be one line"),
        (Server(command="a", env={"A": "$"}), r"write \$\$"),
        (Server(command="a", env={"API_KEY": "sk-1"}), "is a secret by its name"),
        (Server(url="http://b/", headers={"Authorization": "Bearer x"}), "is a secret by its name"),
        (Server(url="http://b/", headers={"X-Api-Key": "x"}), "is a secret by its name"),
        (Server(command="a", env={"A": "$OPENAI_API_KEY"}), "the agent's own: no server gets it"),
    ],
)
def test_what_cannot_be_used_is_told(server: Server, said: str) -> None:
    found = faults_of(server)

    assert len(found) == 1
    with pytest.raises(ValueError, match=said):
        raise ValueError(found[0])


@pytest.mark.parametrize("name", ["", "a b", "1a", "x" * 33, "ä"])
def test_a_name_is_one_that_stands_in_names_of_tools(name: str) -> None:
    assert len(faults_of(Server(command="a"), name)) == 1
