"""Known secrets do not show in text, however they are written; all other text stays as it is."""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any, final
from urllib.parse import quote, quote_plus

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import Clean, Held, conceal, mask_text, redact, redacted
from bus.message import redactor as redactor_module
from bus.message.codec import mask_value
from bus.message.redactor import LOOKED_AT, MOST_LINES, SHORTEST, Redactor
from bus.testing import forget_secrets

SECRET = 'Tq7/x+P0 "quoted"\\ü\n€9Z'


@final
class Counting(dict[str, int]):
    """Counts how often it is asked."""

    count = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.count += 1
        return super().get(key, default)


texts = st.text(max_size=60)
secrets = st.text(min_size=SHORTEST, max_size=40).filter(lambda text: len(text.strip()) >= SHORTEST)
alike = st.text("ab[]secret", min_size=SHORTEST, max_size=12)
"""Secrets that overlap each other and the names they are replaced with."""


def written(value: str) -> Iterator[str]:
    """A secret as programs write it."""
    data = value.encode()
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(value))[3:-3]
    yield repr(value)[1:-1]
    yield quote(data)
    yield quote(data, safe="")
    yield quote_plus(data)
    yield re.sub("%..", lambda found: found[0].lower(), quote(data))


@given(secrets, texts, texts)
def test_a_secret_disappears_in_every_form(value: str, before: str, after: str) -> None:
    redactor = Redactor([("KEY", value)])
    for form in written(value.strip()):
        shown = redactor(f"{before}{form}{after}")
        assert form not in shown.replace("[secret KEY]", "\0")


@given(secrets, st.binary(max_size=20), st.binary(max_size=20))
def test_a_secret_disappears_from_base64_wherever_it_begins(value: str, before: bytes, after: bytes) -> None:
    """What is left belongs, bit by bit, to what stands around it."""
    value = value.strip()
    redactor = Redactor([("KEY", value)])
    data = before + value.encode() + after
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        first, _, rest = redactor(text).partition("[secret KEY]")
        last = rest.rpartition("[secret KEY]")[2].rstrip("=")
        assert len(first) <= math.ceil(len(before) * 8 / 6)
        assert len(last) <= math.ceil(len(after) * 8 / 6) + 1


@given(st.lists(st.one_of(secrets, alike), max_size=5), texts)
def test_text_without_a_secret_stays(values: list[str], text: str) -> None:
    redactor = Redactor([(f"K{index}", value) for index, value in enumerate(values)])
    if not any(value.strip() in text for value in values):
        assert redactor(text) == text


@given(st.lists(st.one_of(secrets, alike), min_size=1, max_size=6), st.data())
def test_secrets_that_overlap_all_disappear(values: list[str], data: st.DataObject) -> None:
    values = [stripped for value in values if len(stripped := value.strip()) >= SHORTEST]
    redactor = Redactor([(f"K{index}", value) for index, value in enumerate(values)])
    text = "".join(data.draw(st.lists(st.sampled_from([*values, "ab", "x"]), max_size=8)))
    left = re.sub(r"\[secret K\d\]|\[secret\]|•••", "\0", redactor(text))
    assert not any(value in left for value in values)


@given(st.lists(st.one_of(secrets, alike), max_size=4), st.data())
def test_pieces_show_what_the_whole_shows(values: list[str], data: st.DataObject) -> None:
    conceal("test", [(f"K{index}", value) for index, value in enumerate(values)])
    pieces = data.draw(st.lists(st.one_of(texts, st.sampled_from([*values, "a"])), max_size=6))
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    held = Held()
    shown = [held.add(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join((*shown, held.rest())) == redact(text)


def test_what_cannot_be_a_secret_any_more_is_shown_at_once() -> None:
    conceal("test", [("KEY", "correct-horse")])
    held = Held()
    assert held.add("say corr") == "say "
    assert held.add("ect-h") == ""
    assert held.add("at, a corr") == "correct-hat, a "
    assert held.add("ect-horse.") == "[secret KEY]."
    assert held.add("cor") == ""
    assert held.rest() == "cor"


def test_nothing_waits_where_nothing_is_secret() -> None:
    assert Held().add("any text") == "any text"
    assert redact("any text") == "any text"
    fields = {"a": ["b"]}
    assert redacted(fields) is fields


@pytest.mark.parametrize("form", list(written(SECRET)))
def test_names_are_shown_instead(form: str) -> None:
    assert Redactor([("API_KEY", SECRET)])(f"a {form} b") == "a [secret API_KEY] b"


def test_short_values_are_parts_of_words() -> None:
    redactor = Redactor([("A", "1234567"), ("B", "  1234567  ")])
    assert not redactor
    assert redactor("1234567") == "1234567"


def test_a_value_is_found_without_the_space_around_it() -> None:
    assert Redactor([("A", " 12345678\n")])("=12345678=") == "=[secret A]="


def test_the_lines_of_a_long_key_are_secret_by_themselves() -> None:
    key = f"-----BEGIN KEY-----\n{'MIIEpAIBAAKCAQEA' * 4}\n{'9zR7' * 16}\n-----END KEY-----"
    redactor = Redactor([("PEM", key)])
    assert redactor(f"2 | {'MIIEpAIBAAKCAQEA' * 4} |") == "2 | [secret PEM] |"
    assert redactor("BEGIN KEY") == "BEGIN KEY"


def test_of_very_many_lines_neighbours_are_secret_together() -> None:
    lines = [f"{number:05}{'xK7' * 5}" for number in range(2 * MOST_LINES)]
    redactor = Redactor([("PEM", "\n".join(lines))])
    assert redactor("\n".join(lines)) == "[secret PEM]"
    assert redactor("\n".join(lines[2:4])) == "[secret PEM]"
    assert redactor("\n".join(lines[1:4])) == f"{lines[1]}\n[secret PEM]"


@pytest.mark.parametrize(
    "value",
    [
        "\n".join(f"{number:06}/+{'xK7' * 4}" for number in range(3000)),
        "".join(f"{number:06}/+{'xK7' * 4}" for number in range(3000)),
        "\x00é" * 20_000,
    ],
    ids=["many lines", "one line", "bytes"],
)
def test_a_long_value_is_as_few_forms_as_one_of_few_lines(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it costs to know a value is in proportion to what is counted here."""
    looked_at = Counting(redactor_module._RARITY)
    monkeypatch.setattr(redactor_module, "_RARITY", looked_at)
    forms = [form for found in Redactor([("A", value)])._by_print.values() for form in found]
    assert len(forms) <= (MOST_LINES + 1) * 20
    assert looked_at.count <= len(forms) * LOOKED_AT


@pytest.mark.parametrize(
    ("secrets", "shown"),
    [
        ([("PASSWORD", "PASSWORD")], "[secret]"),
        ([("PASSWORD", "PASSWORD"), ("X", "[secret]")], "•••"),
        ([('odd "name"', "12345678")], "[secret]"),
    ],
)
def test_what_is_shown_holds_no_secret_itself(secrets: list[tuple[str, str]], shown: str) -> None:
    assert Redactor(secrets)(secrets[0][1]) == shown


def test_of_two_names_the_first_and_of_two_values_the_longer_is_shown() -> None:
    redactor = Redactor([("A", "12345678"), ("B", "12345678"), ("LONG", "x12345678y"), ("C", "78yzabcd")])
    assert redactor("12345678") == "[secret A]"
    assert redactor("x12345678y") == "[secret LONG]"
    assert redactor("x12345678yzabcd") == "[secret LONG]"
    assert Redactor([("A", "ab123456"), ("LONG", "12345678yzz")])("ab12345678yzz") == "[secret LONG]"


def test_each_source_has_its_own_secrets() -> None:
    conceal("test", [("A", "aaaaaaaa")])
    conceal("other", [("B", "bbbbbbbb")])
    assert redact("aaaaaaaa bbbbbbbb") == "[secret A] [secret B]"
    conceal("other", ())
    assert redact("aaaaaaaa bbbbbbbb") == "[secret A] bbbbbbbb"


@final
@attrs.frozen
class Inner:
    text: str
    count: int = 0


@final
@attrs.frozen(kw_only=True)
class Outer:
    inner: Inner
    many: tuple[Inner, ...]
    fields: Any


def test_values_are_cleaned_at_any_depth_and_otherwise_the_same() -> None:
    conceal("test", [("A", "aaaaaaaa")])
    clean = Inner("b", 3)
    value = Outer(inner=clean, many=(clean, Inner("aaaaaaaa")), fields={"aaaaaaaa": ["aaaaaaaa", 1, None]})
    seen = redacted(value)
    assert seen == Outer(
        inner=clean,
        many=(clean, Inner("[secret A]")),
        fields={"[secret A]": ["[secret A]", 1, None]},
    )
    assert seen.inner is clean
    assert redacted(clean) is clean


def test_what_is_clean_is_looked_at_again_only_when_the_secrets_are_others() -> None:
    conceal("test", [("A", "aaaaaaaa")])
    words = ["bbbbbbbb"]
    clean, known = Outer(inner=Inner("b"), many=(), fields=words), Clean()
    assert Inner("aaaaaaaa") not in known
    assert clean in known
    words.append("aaaaaaaa")  # which nothing does that is in a message
    assert clean in known
    assert attrs.evolve(clean) not in known
    words.pop()
    conceal("other", [("B", "bbbbbbbb")])
    assert clean not in known
    forget_secrets()
    assert clean in known


def test_what_is_gone_is_not_known_to_be_clean() -> None:
    conceal("test", [("A", "aaaaaaaa")])
    known = Clean()
    for _ in range(100):  # many of them lie where the one before lay
        assert Inner("bbbbbbbb") in known
        assert Inner("aaaaaaaa") not in known


def test_masked_text_and_bodies_show_no_secret() -> None:
    conceal("test", [("A", "aaaaaaaa-1")])
    assert mask_text("it is aaaaaaaa-1 and sk-12345678") == "it is [secret A] and •••"
    assert mask_value({"data": b"xaaaaaaaa-1"})["data"].startswith("eG[secret A]")


def test_many_secrets_cost_little() -> None:
    """Their number hardly matters: what is rare in text is looked for first."""
    redactor = Redactor([(f"K{index}", f"Zq{index:03}{'xK7' * 10}") for index in range(200)])
    text = "The quick brown fox jumps over the lazy dog. " * 200
    assert redactor(text) is text
    assert redactor(f"{text}Zq117{'xK7' * 10}") == f"{text}[secret K117]"
