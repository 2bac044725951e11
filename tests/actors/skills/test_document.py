"""What a SKILL.md says, whatever is wrong with it, and what is left of it when it is changed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.skills import document, names
from actors.skills.document import Document, changed, parse, parse_file, written
from actors.skills.frontmatter import LARGEST, FrontMatter, Unreadable

FULL = """\
---
name: deploy
description: Puts it online.
version: "1.2"
license: MIT
compatibility: needs git
metadata:
  author: ada
  n: 3
allowed-tools: Read Bash(git add:*), Grep
---

# Steps

1. Go.
"""


def problems(text: str) -> tuple[str, ...]:
    return parse(text, "x").problems


# --- parsing --------------------------------------------------------------------------------------------------


def test_all_of_it() -> None:
    assert parse(FULL, "deploy") == Document(
        description="Puts it online.",
        version="1.2",
        license="MIT",
        compatibility="needs git",
        metadata={"author": "ada", "n": "3"},
        allowed_tools=("Read", "Bash(git add:*)", "Grep"),
        body="# Steps\n\n1. Go.",
    )


def test_what_is_required_alone() -> None:
    found = parse("---\nname: x\ndescription: d\n---\nb", "x")
    assert found == Document(description="d", body="b")


@pytest.mark.parametrize(
    "text",
    [
        FULL.replace("\n", "\r\n"),
        "\ufeff" + FULL,
        "\ufeff" + FULL.replace("\n", "\r\n"),
        "\n  \n" + FULL,
        FULL.replace("---\n", "---  \n"),
    ],
)
def test_marks_line_ends_and_blanks_before_make_no_difference(text: str) -> None:
    assert parse(text, "deploy") == parse(FULL, "deploy")
    assert parse_file(text.encode(), "deploy") == parse(FULL, "deploy")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\nname: x\ndescription: d\n---\n", ""),
        ("---\nname: x\ndescription: d\n---", ""),
        ("---\nname: x\ndescription: d\n---\n\n\none\n\ntwo\n", "one\n\ntwo"),
        ("---\nname: x\ndescription: d\n---\na\n---\nb", "a\n---\nb"),
        ("---\nname: x\ndescription: d\n----\nversion: 1\n---\nb", "b"),
    ],
)
def test_the_body_is_what_follows(text: str, body: str) -> None:
    assert parse(text, "x").body == body


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "----\nname: x\n---\nb",
        "--- x\nname: x\n---\nb",
        "---\nname: x\ndescription: d\n",
        "---",
        "name: x\n---\nb",
    ],
)
def test_without_front_matter_all_of_it_is_the_body(text: str) -> None:
    found = parse(text, "x")
    assert (found.body, found.problems) == (text.strip(), ())


def test_an_empty_front_matter_is_one_without_a_description() -> None:
    assert parse("---\n---\nThe body.", "x") == Document(
        description="The body.", body="The body.", problems=("the front matter has no description",)
    )
    assert parse("---\n# only a comment\n---\n", "x").description == "Skill: x"
    assert problems("---\nname: x\ndescription:\n---\nb") == ("the front matter has no description",)
    assert problems("---\nname: x\ndescription: '  '\n---\nb") == ("the front matter has no description",)


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("name: [", "no YAML"),
        ("name: x\n\tdescription: d", "no YAML"),
        ("- a\n- b", "no list of keys and values"),
        ("just text", "no list of keys and values"),
        ("description: \x00", "characters that it does not allow"),
        ("description: " + "[" * 5000, "no YAML"),
        ("description: " + "x" * LARGEST, "more than"),
    ],
)
def test_a_front_matter_that_cannot_be_read_costs_nobody_the_body(front: str, said: str) -> None:
    found = parse(f"---\n{front}\n---\nThe body.", "x")
    assert found.body == found.description == "The body."
    assert said in found.problems[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.0", "1.0"),
        ("1.10", "1.10"),
        ("2", "2"),
        ("true", "true"),
        ("2026-01-01", "2026-01-01"),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
    ],
)
def test_numbers_dates_and_truths_are_texts_as_they_are_written(value: str, text: str) -> None:
    found = parse(
        f"---\nname: x\ndescription: {value}\nversion: {value}\nmetadata:\n  k: {value}\n---\n", "x"
    )
    assert (found.description, found.version, found.metadata, found.problems) == (text, text, {"k": text}, ())


@pytest.mark.parametrize("value", ["", "null", "~"])
def test_nothing_is_nothing(value: str) -> None:
    text = f"---\nname: x\ndescription: d\nversion: {value}\nmetadata:\n  k: {value}\nallowed-tools: {value}\n---\n"
    found = parse(text, "x")
    assert (found.version, found.metadata, found.allowed_tools, found.problems) == (None, {}, (), ())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("Use when: it breaks", "Use when: it breaks"),
        ("Say 'hi': now", "Say 'hi': now"),
        ("ends with:", "ends with:"),
    ],
)
def test_a_value_that_should_be_in_quotes_is_read_and_the_reader_told(given: str, text: str) -> None:
    found = parse(f"---\nname: x\ndescription: {given}\nlicense: MIT\nmetadata:\n  a: 1\n---\nb", "x")
    assert (found.description, found.license, found.metadata) == (text, "MIT", {"a": "1"})
    assert "where it belongs" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("description: >\n  one\n  two\n\n  three", "one two\nthree"),
        ("description: |\n  one: x\n  two", "one: x\ntwo"),
        ("description: |-\n  one\n  ---\n  two", "one\n---\ntwo"),
        ('description: "a: \\"b\\" # c"', 'a: "b" # c'),
        ("description: 'it''s: so'", "it's: so"),
        ("description: one\n  two", "one two"),
        ("description: &a x\nversion: *a", "x"),
        ("description: !!python/object/apply:os.system [x]\n", "Skill: x"),
        ("description: !foo bar", "bar"),
        ("{description: d, license: MIT}", "d"),
    ],
)
def test_yaml_as_people_write_it(text: str, description: str) -> None:
    assert parse(f"---\n{text}\n---\n", "x").description == description


def test_wrong_types_are_told_and_the_rest_counts() -> None:
    found = parse(
        "---\nname: [x]\ndescription: d\nversion: {a: 1}\nmetadata: text\nallowed-tools: {a: 1}\n---\nb", "x"
    )
    assert (found.description, found.version, found.metadata, found.allowed_tools) == ("d", None, {}, ())
    assert found.problems == ("name is not a text", "version is not a text")


def test_metadata_may_hold_more_than_texts() -> None:
    text = "---\nname: x\ndescription: d\nmetadata:\n  a: 1\n  b: [1, 2]\n  c: {d: 1}\n  [e]: f\n---\n"
    assert (parse(text, "x").metadata, problems(text)) == ({"a": "1"}, ())
    assert "b: [1, 2]\n  c: {d: 1}" in changed(text, "x", {"version": "2"})


@pytest.mark.parametrize(
    ("value", "tools"),
    [
        ("Read", ("Read",)),
        ("Read, Write,Grep", ("Read", "Write", "Grep")),
        ("[Read, Write]", ("Read", "Write")),
        ("\n  - Read\n  - Bash(ls:*)", ("Read", "Bash(ls:*)")),
        ("Bash(git add:*, git push) mcp__x", ("Bash(git add:*, git push)", "mcp__x")),
        ("Bash(open Read", ("Bash(open Read",)),
        ("a) b", ("a)", "b")),
    ],
)
def test_tools_are_words(value: str, tools: tuple[str, ...]) -> None:
    assert parse(f"---\nname: x\ndescription: d\nallowed-tools: {value}\n---\n", "x").allowed_tools == tools


def test_a_key_that_comes_twice_counts_once() -> None:
    text = "---\nname: x\ndescription: first\ndescription: second\n---\n"
    assert parse(text, "x").description == "first"
    assert problems(text) == ("description is given twice, of which the first counts",)
    assert parse(changed(text, "x", {"description": "third"}), "x") == Document(description="third", body="")


def test_another_name_than_the_folders_is_told() -> None:
    assert problems("---\nname: y\ndescription: d\n---\n") == (
        "the front matter calls it 'y'; the name of the folder counts",
    )


def test_a_long_description_is_told() -> None:
    assert problems(f"---\nname: x\ndescription: {'d' * 1024}\n---\n") == ()
    assert "1024 count" in problems(f"---\nname: x\ndescription: {'d' * 1025}\n---\n")[0]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("# Title\nmore", "# Title"),
        ("  \n\n  first  \nsecond", "first"),
        ("", "Skill: x"),
        ("y" * 120, "y" * 120),
        ("y" * 121, "y" * 117 + "..."),
        ("ü" * 100, "ü" * 58 + "..."),
        ("\ud800" * 130, "?" * 117 + "..."),
    ],
)
def test_the_first_line_stands_for_a_description(text: str, description: str) -> None:
    found = parse(text, "x").description
    assert found == description
    assert len(found.encode()) <= 123


def test_what_is_no_text_is_shown_as_far_as_it_goes() -> None:
    found = parse_file(b"---\nname: x\ndescription: a\xff\n---\nb", "x")
    assert (found.description, found.body) == ("a\ufffd", "b")
    assert found.problems == ("it is not UTF-8 text",)


# --- writing --------------------------------------------------------------------------------------------------


def test_the_form() -> None:
    assert written("x", "d", "b") == '---\nname: "x"\ndescription: "d"\n---\n\nb'
    assert written("x", "d", "", version="1") == '---\nname: "x"\ndescription: "d"\nversion: "1"\n---\n\n'


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
HOSTILE = st.sampled_from(
    [": ", "- x", "[", "{", "#", "'", '"', "\\", "\n---\nname: y\n", "|", ">", "&a", "*a", "!!x", "%", "@", "`", "\x85",
     "\u2028", "\x00", "\x7f", "\t", "\r\n", "null", "~", "true", "1.0", "\ufeff", "🙂", "<<: x", "? x", "..."]
)  # fmt: skip
VALUES = st.lists(st.one_of(TEXTS, HOSTILE), min_size=1, max_size=4).map("".join)


@given(VALUES, VALUES, st.none() | VALUES)
def test_what_is_written_is_read_again(description: str, body: str, version: str | None) -> None:
    found = parse(written("x", description, body, version=version), "x")
    assert (found.description or "Skill: x") == (description.strip() or found.description)
    assert found.version == version
    assert found.body == body.replace("\r\n", "\n").strip()
    assert not [each for each in found.problems if "count" not in each and "no description" not in each]


@given(VALUES, VALUES, VALUES)
def test_a_change_touches_what_it_names_and_nothing_else(old: str, new: str, other: str) -> None:
    text = changed(written("x", old, "body"), "x", {"extra": other, "license": "MIT"})
    after = changed(text, "x", {"description": new}, marks={"a": other})
    front = FrontMatter.read(after.split("---\n")[1]) if "---" not in f"{old}{new}{other}" else None
    found = parse(after, "x")
    assert (found.license, found.body, found.metadata) == ("MIT", "body", {"a": other})
    assert front is None or front.text("extra") == other


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for each in (text, f"---\n{text}\n---\nbody", f"---\nname: x\ndescription: {text}\n---\nbody"):
        found = parse(each, "x")
        assert found.description
        again = parse(changed(each, "x", {"description": "d"}), "x")
        assert again.description == "d"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert parse_file(data, "x").description


def test_what_we_do_not_know_keeps_type_and_style() -> None:
    text = (
        "---\nname: x\ndescription: old\nuser-invocable: true\nn: 007\nd: 2024-01-01\nlist: [a, {b: 1}]\n"
        "text: |\n  a\n  ---\n  b\nquoted: 'yes'\nnothing: ~\n---\nBody.\n"
    )
    assert changed(text, "x", {"description": "new", "version": "1"}) == text.replace(
        "description: old", 'description: "new"'
    ).replace("nothing: ~\n", 'nothing: ~\nversion: "1"\n')


def test_what_is_removed_is_gone() -> None:
    assert changed(FULL, "deploy", {"version": None, "nothing": None}) == FULL.replace('version: "1.2"\n', "")


def test_a_body_is_replaced() -> None:
    assert changed(FULL, "deploy", {}, body="New.").endswith("Grep\n---\n\nNew.")


def test_without_a_front_matter_one_is_made() -> None:
    assert changed("First.\nSecond.", "x", {"license": "MIT"}) == (
        '---\nname: "x"\ndescription: "First."\nlicense: "MIT"\n---\n\nFirst.\nSecond.'
    )
    found = parse(changed("---\nname: [\n---\nBody.", "x", {"description": "d"}), "x")
    assert found == Document(description="d", body="Body.")


def test_marks_stand_beside_what_is_there() -> None:
    marked = changed(FULL, "deploy", {}, marks={"starpod-origin": "model", "n": "4"})
    assert parse(marked, "deploy").metadata == {"author": "ada", "n": "4", "starpod-origin": "model"}
    replaced = changed("---\nname: x\ndescription: d\nmetadata: text\n---\n", "x", {}, marks={"a": "b"})
    assert parse(replaced, "x").metadata == {"a": "b"}


def test_a_value_that_holds_itself_ends() -> None:
    text = "---\nname: x\ndescription: d\nmetadata: &a\n  b: *a\n---\n"
    assert parse(text, "x").metadata == {}
    assert "&id001" in changed(text, "x", {"version": "1"})


def test_a_front_matter_has_a_size() -> None:
    with pytest.raises(Unreadable):
        FrontMatter.read("x" * (LARGEST + 1))


# --- names ----------------------------------------------------------------------------------------------------


def test_names_are_short_and_of_letters_digits_and_single_dashes() -> None:
    assert [names.is_name(name) for name in ("a-1", "", "A", "a--b", "a" * 65)] == [True] + [False] * 4


@given(st.text(string.ascii_lowercase + string.digits + "-", max_size=70))
def test_names_are_words_with_single_hyphens_between(name: str) -> None:
    good = bool(name) and len(name) <= 64 and all(name.split("-"))
    assert names.is_name(name) == good


@given(st.text(max_size=70))
def test_a_name_is_one_folder(name: str) -> None:
    if names.is_name(name):
        assert "/" not in name
        assert name.isascii()
        assert not name.startswith(".")


def test_a_refused_name_is_told_why() -> None:
    for name, why in (("", "is empty"), ("a" * 65, "64 characters"), ("A B", "'A B' cannot be")):
        with pytest.raises(ValueError, match=why):
            names.checked(name)
    assert document.LONGEST_DESCRIPTION == 1024
