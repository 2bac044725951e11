"""Patterns for paths, name by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.tools.messages import BadPattern
from actors.tools.patterns import LONGEST, Pattern


def fits(pattern: str, path: str) -> bool:
    found = Pattern(pattern)
    state = found.start()
    for name in path.split("/"):
        state = found.after(state, name)
    return found.fits(state)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.txt", "a.txt"),
        ("./docs//a.txt", "docs/a.txt"),
        ("*.txt", "a.txt"),
        ("*", ".hidden"),
        ("?.md", "ä.md"),
        ("[a-c].md", "b.md"),
        ("[!a-c].md", "d.md"),
        ("[^a-c].md", "d.md"),
        ("[]].md", "].md"),
        ("[[].md", "[.md"),
        ("**/*.py", "a.py"),
        ("**/*.py", "src/deep/er/a.py"),
        ("src/**/test_*.py", "src/test_a.py"),
        ("src/**/test_*.py", "src/a/b/test_a.py"),
        ("src/**", "src/a/b"),
        ("**", "a/b/c"),
        ("**/a/**/b", "x/a/a/y/b"),
        ("*.{ts,tsx}", "a.tsx"),
        ("{src,tests}/*.py", "tests/a.py"),
        ("{a,b{c,d}}.md", "bd.md"),
        ("a{b}.md", "a{b}.md"),
        ("caf\u00e9.md", "cafe\u0301.md"),
    ],
)
def test_what_fits(pattern: str, path: str) -> None:
    assert fits(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.txt", "docs/a.txt"),
        ("a.txt", "A.txt"),
        ("src/**", "src"),
        ("src/*/a.py", "src/a.py"),
        ("*.py", "a.pyi"),
        ("[!a-c].md", "a.md"),
        ("**/b", "b/a"),
        ("*.{ts,tsx}", "a.js"),
        ("a", "a/a"),
    ],
)
def test_what_does_not_fit(pattern: str, path: str) -> None:
    assert not fits(pattern, path)


def test_a_folder_in_which_nothing_can_fit_need_not_be_entered() -> None:
    pattern = Pattern("src/*.py")

    assert pattern.after(pattern.start(), "src")
    assert not pattern.after(pattern.start(), "docs")
    assert Pattern("**/*.py").after(Pattern("**/*.py").start(), "docs")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "it is empty"),
        ("./", "it is empty"),
        ("../*.py", "'..' is not allowed"),
        ("a/{b,..}/c", "'..' is not allowed"),
        ("[a-", "a '[' has no ']'"),
        ("{a,b}" * 9, "it stands for more than 256 patterns"),
        ("a" * (LONGEST + 1), "it is longer than 1000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern) as caught:
        Pattern(pattern)
    assert reason in str(caught.value)


NAMES = st.text(st.sampled_from("ab.[]{}*?!"), min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_whose_signs_are_quoted_fits_itself_alone(path: list[str]) -> None:
    quoted = "/".join("".join(f"[{char}]" if char in "[]*?" else char for char in name) for name in path)
    if "{" not in quoted:
        assert fits(quoted, "/".join(path))
    assert not fits(quoted, "/".join([*path, "a"]))
