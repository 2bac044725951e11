"""Which commands are what they look like, and which patterns they fit."""

import pytest

from actors.permissions.commands import LONGEST, fits, proposal, simple, touches


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("git status", ("git status",)),
        ("  git   status\t-s ", ("git status -s",)),
        ("git a; git b && git c || git d | git e\ngit f", tuple(f"git {each}" for each in "abcdef")),
        ("git a ;\n git b;", ("git a", "git b")),
        ("git \"a b\" 'c;d' e\\ f", ("git 'a b' 'c;d' 'e f'",)),
        ('git "say \\"hi\\" \\x"', ("git 'say \"hi\" \\x'",)),
        ("gi't' status", ("git status",)),
        ("echo ''", ("echo ''",)),
        ("ls *.py ~", ("ls '*.py' '~'",)),
    ],
)
def test_a_plain_sequence_is_its_simple_commands(text: str, found: tuple[str, ...]) -> None:
    assert simple(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "git $(rm x)",
        "git `rm x`",
        'git "$(rm x)"',
        'git "`rm x`"',
        "git $HOME",
        "git ${IFS}x",
        "git > file",
        "git < file",
        "git 2>&1",
        "git & rm x",
        "git |& rm",
        "git ;; rm",
        "git &&",
        "git && ; rm",
        "| git",
        "(git)",
        "{ git; }",
        "git() { rm x; }",
        "FOO=1 git",
        "A+=1 git",
        "g*t status",
        "~/git status",
        "/bin/r? x",
        "-x",
        "if true; then git; fi",
        "! git",
        "time git",
        "git # comment",
        "git \\\n status",
        "git 'open",
        'git "open',
        "git \\",
        "git a\x00b",
        "git\u00a0status",
        "git\rstatus",
        "git <(rm x)",
        "git <<EOF\nx\nEOF",
        "git a;;b",
        "git {a,b}",
        'echo "hi!"',
        f"echo {'x' * LONGEST}",
    ],
)
def test_whatever_a_shell_would_do_more_with_is_not_plain(text: str) -> None:
    assert simple(text) is None
    assert not fits("git *", text)
    assert not fits("*", text)


@pytest.mark.parametrize(
    ("pattern", "text", "is_fit"),
    [
        ("git *", "git status", True),
        ("git *", "git", True),
        ("git *", "github x", False),
        ("git *", "git x; rm -rf ~", False),
        ("git *", "git x && git y", True),
        ("git *", "git x\nrm -rf ~", False),
        ("git *", "git x | sh", False),
        ("git status", "git status -s", False),
        ("echo hello", "'echo hello'", False),
        ("git log *", "git  log  -1", True),
    ],
)
def test_all_that_a_command_does_has_to_fit(pattern: str, text: str, is_fit: bool) -> None:  # noqa: FBT001
    assert fits(pattern, text) is is_fit


@pytest.mark.parametrize(
    "text",
    [
        "rm x",
        "true; rm x",
        "true && rm x",
        "$(rm x)",
        "`rm x`",
        "(rm x)",
        "a | rm",
        "x & rm x",
        '"$(rm x)"',
        "r'm' x",
    ],
)
def test_what_is_to_be_kept_from_being_done_is_found_in_any_part(text: str) -> None:
    assert touches("rm *", text)
    assert not touches("git *", text)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("git status -s", "git status *"),
        ("git -C x status", None),
        ("git", None),
        ("ls -l", "ls *"),
        ("ls", "ls *"),
        ("rm -rf x", None),
        ("python3 x.py", None),
        ("sudo ls", None),
        ("'a b' c", None),
        ("git a; git b", None),
        ("git $(x)", None),
    ],
)
def test_a_pattern_is_proposed_only_where_it_says_what_it_lets_through(
    text: str, pattern: str | None
) -> None:
    assert proposal(text) == pattern


@pytest.mark.parametrize(
    "text",
    ["/usr/bin/python3 a.py", "python3.11 a.py", "/bin/sh a", "busybox sh a", "setsid a", "tar xf a", "su x"],
)
def test_what_runs_anything_is_not_proposed_by_whatever_name(text: str) -> None:
    assert proposal(text) is None
