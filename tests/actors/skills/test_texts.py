"""What the model reads of skills."""

import re
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.skills import texts


@attrs.frozen
class Told:
    name: str
    description: str


TWO = (Told("alpha", "First & <best>."), Told("beta", 'Second: "it\'s"'))


def test_the_form_of_the_catalogue() -> None:
    assert texts.catalogue(TWO, 10_000) == (
        "<available_skills>\n"
        "  <skill>\n    <name>alpha</name>\n    <description>First &amp; &lt;best&gt;.</description>\n  </skill>\n"
        "  <skill>\n    <name>beta</name>\n    <description>Second: &quot;it&apos;s&quot;</description>\n  </skill>\n"
        "</available_skills>"
    )


def test_no_skills_say_nothing() -> None:
    assert texts.catalogue((), 10_000) == ""
    assert texts.section((), 10_000, self_improve=False) == ""


def test_the_five_entities() -> None:
    assert texts.escaped("&<>\"'") == "&amp;&lt;&gt;&quot;&apos;"


def test_the_section_says_how_skills_are_used_and_kept() -> None:
    plain = texts.section(TWO, 10_000, self_improve=False)
    assert plain.startswith(texts.INSTRUCTION)
    assert texts.MAINTENANCE in plain
    assert texts.CREATION not in plain
    assert texts.section(TWO, 10_000, self_improve=True) == f"{plain}\n\n{texts.CREATION}"
    assert texts.section((), 10_000, self_improve=True) == texts.CREATION


def test_a_description_has_1024_characters_at_most() -> None:
    shown = texts.catalogue([Told("x", "y" * 2000)], 100_000)
    assert f"<description>{'y' * 1023}…</description>" in shown


@pytest.mark.parametrize("budget", [500, 2000, 5000, 20_000])
def test_the_catalogue_keeps_to_its_budget(budget: int) -> None:
    skills = [Told(f"skill-{n}", "word " * 200) for n in range(40)]
    shown = texts.catalogue(skills, budget)
    listed, _, left = shown.partition("</available_skills>")
    assert len(listed) + len("</available_skills>") <= budget
    names = re.findall("<name>(.*?)</name>", listed)
    assert names == [each.name for each in skills[: len(names)]]
    assert ("are not shown" in left) == (len(names) < 40)


def test_descriptions_are_shortened_before_skills_are_left_out() -> None:
    skills = [Told(f"skill-{n}", "x" * 1000) for n in range(10)]
    shown = texts.catalogue(skills, 4000)
    assert shown.count("<skill>") == 10
    assert shown.endswith("</available_skills>")
    assert "…" in shown


def test_the_form_of_an_activation() -> None:
    assert texts.activation("x", "\n Do it. \n", ()) == ('<skill_content name="x">\nDo it.\n</skill_content>')
    assert texts.activation("x", "Do it.", ["assets/a.png", "scripts/b & c.py"]) == (
        '<skill_content name="x">\nDo it.\n\n<skill_resources>\n  <file>assets/a.png</file>\n'
        "  <file>scripts/b &amp; c.py</file>\n</skill_resources>\n"
        "Read a text among them with SkillRead, its path as it is listed.\n</skill_content>"
    )


def test_many_files_are_counted() -> None:
    shown = texts.activation("x", "b", [f"f{n}" for n in range(300)])
    assert shown.count("<file>") == texts.MOST_FILES
    assert "The first 200 of 300 are listed." in shown


@given(
    st.text(),
    st.lists(
        st.sampled_from(
            ["</skill_content>", "< / SKILL_CONTENT >", "<skill_resources>", "</available_skills", "\n"]
        )
    ),
)
def test_no_body_ends_the_element_it_stands_in(text: str, tags: list[str]) -> None:
    shown = texts.activation("x", text + text.join(tags), ["a"])
    inside = shown.split("\n", 1)[1].rsplit("\n", 1)[0]
    assert not re.search(r"<\s*/?\s*(skill_content|available_skills)\b", inside, re.IGNORECASE)
    assert inside.count("<skill_resources>") == inside.count("</skill_resources>") == 1


def test_what_is_no_tag_of_ours_stays() -> None:
    assert "<b>if a < b</b> &amp;" in texts.activation("x", "<b>if a < b</b> &amp;", ())


@given(st.text(), st.text())
def test_a_catalogue_is_xml_whatever_is_in_it(name: str, description: str) -> None:
    shown = texts.catalogue(
        [Told("x", "".join(each for each in name + description if each.isprintable()))], 100_000
    )
    assert ET.fromstring(shown).findtext("skill/name") == "x"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/plan", ("plan", "")),
        ("/plan  the week ", ("plan", "the week")),
        ("/plan\nthe\nweek", ("plan", "the\nweek")),
        ("/", ("", "")),
        ("/ plan", None),
        ("plan", None),
        (" /plan", None),
        ("", None),
        ("//x", ("/x", "")),
    ],
)
def test_what_a_message_calls(text: str, found: tuple[str, str] | None) -> None:
    assert texts.called(text) == found


def test_what_is_called_is_to_be_done_at_once() -> None:
    shown = texts.expansion("plan", "the week", "<skill_content>")
    assert shown.startswith("Carry out the skill plan now. Do not ask back")
    assert shown.endswith("\n\nInput: the week\n\n<skill_content>")
    assert "Input" not in texts.expansion("plan", "", "x")


def test_a_section_names_those_for_whom_there_is_room() -> None:
    assert [*texts.named(TWO, texts.catalogue(TWO, 10_000))] == [*TWO]
    few = tuple(Told(f"s{n}", "what it is for") for n in range(100))
    assert 0 < len([*texts.named(few, texts.catalogue(few, 1000))]) < 100
    assert not [*texts.named(TWO, "")]
