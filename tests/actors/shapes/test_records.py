"""Attrs classes as JSON: what the schema says, what is read, and how mistakes are told."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, final

import attrs
import pytest
from attrs.validators import ge, min_len
from cattrs.preconf.json import make_converter
from hypothesis import given
from hypothesis import strategies as st

from actors.shapes import Mistakes, NoJsonForm, Problem, Record, Supplied, described, dump, shape_of
from actors.shapes.values import MOST_PROBLEMS, Problems

JSON = make_converter()


@final
@attrs.frozen(kw_only=True)
class Schedule:
    kind: Literal["cron", "interval"]
    every: Annotated[float, described("Seconds between two runs.", ge=0.5)] = 60.0


@final
@attrs.frozen(kw_only=True)
class Job:
    name: Annotated[str, described("What to call it.", max_length=8)]
    schedule: Schedule
    retries: Annotated[int, described("Attempts.", ge=0, le=9)] = 3
    enabled: bool = True
    note: str | None = None
    tags: Annotated[tuple[str, ...], described("Words.", max_length=3)] = ()
    steps: tuple[Schedule, ...] = attrs.field(factory=tuple)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    extra: Any = None
    owner: Annotated[str, Supplied("user")] = "nobody"


@final
@attrs.frozen(kw_only=True)
class Flags:
    ignore_case: Annotated[bool, described(name="-i")] = False
    hidden: Annotated[int, described("Nobody reads this.", ge=0, silent=True)] = 0


JOB = Record(Job)
FLAGS = Record(Flags)
GOOD: dict[str, Any] = {"name": "tea", "schedule": {"kind": "cron"}}


def read(value: Any, **supplied: str) -> Job:
    problems = Problems()
    job: Job = JOB.read(value, "", problems, supplied)
    assert problems.found == []
    return job


def faults(value: Any) -> dict[str, str]:
    problems = Problems()
    JOB.read(value, "", problems, {})
    return {problem.field: problem.fault for problem in problems.found}


def test_a_field_may_have_a_name_in_json_that_no_identifier_can_have() -> None:
    assert FLAGS.schema["properties"] == {"-i": {"type": "boolean", "default": False}}
    assert FLAGS.load({"-i": True}) == Flags(ignore_case=True)
    with pytest.raises(Mistakes) as caught:
        FLAGS.load({"-i": "yes", "ignore_case": True})
    assert [each.field for each in caught.value.problems] == ["-i", "ignore_case"]


def test_what_no_schema_speaks_of_is_taken_and_checked() -> None:
    assert FLAGS.load({"hidden": 3}) == Flags(hidden=3)
    with pytest.raises(Mistakes):
        FLAGS.load({"hidden": -1})


def test_the_schema_says_types_bounds_descriptions_and_defaults() -> None:
    schedule = {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": ["cron", "interval"]},
            "every": {
                "type": "number",
                "minimum": 0.5,
                "description": "Seconds between two runs.",
                "default": 60.0,
            },
        },
        "required": ["kind"],
    }
    assert JOB.schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 8, "description": "What to call it."},
            "schedule": schedule,
            "retries": {
                "type": "integer",
                "minimum": 0,
                "maximum": 9,
                "description": "Attempts.",
                "default": 3,
            },
            "enabled": {"type": "boolean", "default": True},
            "note": {"type": "string"},
            "tags": {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": 3,
                "description": "Words.",
                "default": [],
            },
            "steps": {"type": "array", "items": schedule, "default": []},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
            "extra": {},
        },
        "required": ["name", "schedule"],
    }


def test_absent_fields_take_their_defaults() -> None:
    assert read(GOOD) == Job(name="tea", schedule=Schedule(kind="cron"))


def test_null_is_the_same_as_absent_for_a_field_with_a_default() -> None:
    assert read({**GOOD, "retries": None, "note": None, "tags": None}) == read(GOOD)


def test_a_supplied_field_is_not_part_of_the_json() -> None:
    assert JOB.supplied == {"owner": "user"}
    assert read(GOOD, owner="ada").owner == "ada"
    assert faults({**GOOD, "owner": "eve"}) == {"owner": "unknown field"}


@pytest.mark.parametrize(
    ("field", "given_value", "meant"),
    [
        ("retries", 3.0, 3),
        ("retries", "7", 7),
        ("enabled", "false", False),
        ("schedule", {"kind": "cron", "every": 5}, Schedule(kind="cron", every=5.0)),
        ("schedule", {"kind": "cron", "every": "5"}, Schedule(kind="cron", every=5.0)),
        ("schedule", {"kind": "cron", "every": "1.5"}, Schedule(kind="cron", every=1.5)),
    ],
)
def test_what_can_be_meant_in_one_way_only_is_understood(field: str, given_value: Any, meant: Any) -> None:
    assert getattr(read({**GOOD, field: given_value}), field) == meant


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", 5, "expected a string of at most 8 characters, got 5"),
        ("name", "Earl Grey", "expected at most 8 characters, got 9"),
        ("name", "\ud83d", "contains half of a surrogate pair, which is not a character"),
        ("name", None, "expected a string of at most 8 characters, got null"),
        ("retries", -1, "expected a whole number of at least 0 and at most 9, got -1"),
        ("retries", 10, "expected a whole number of at least 0 and at most 9, got 10"),
        ("retries", 1.5, "expected a whole number of at least 0 and at most 9, got 1.5"),
        ("retries", True, "expected a whole number of at least 0 and at most 9, got true"),
        ("retries", "many", 'expected a whole number of at least 0 and at most 9, got "many"'),
        ("retries", "9" * 30, f'expected a whole number of at least 0 and at most 9, got "{"9" * 30}"'),
        ("enabled", 1, "expected true or false, got 1"),
        ("enabled", "yes", 'expected true or false, got "yes"'),
        ("tags", "a,b", 'expected a list, got "a,b"'),
        ("tags", ["a"] * 4, "expected at most 3 items, got 4"),
        ("headers", [], "expected an object, got []"),
        ("schedule", "daily", 'expected an object, got "daily"'),
        ("schedule", None, "expected an object, got null"),
        ("note", {}, "expected a string, got {}"),
    ],
)
def test_a_mistake_names_the_field_what_was_expected_and_what_came(
    field: str, value: Any, fault: str
) -> None:
    assert faults({**GOOD, field: value}) == {field: fault}


@pytest.mark.parametrize("every", [float("nan"), float("inf"), 10**400])
def test_a_number_is_finite(every: float) -> None:
    assert list(faults({**GOOD, "schedule": {"kind": "cron", "every": every}})) == ["schedule.every"]


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    assert faults(
        {
            "schedule": {"kind": "Interval", "evry": 5},
            "steps": [{"kind": "cron"}, {"kind": 7}],
            "tags": ["a", 2],
            "headers": {"X": 1},
            "retrys": 1,
        }
    ) == {
        "name": "expected a string of at most 8 characters, got nothing",
        "schedule.kind": 'expected one of "cron", "interval", got "Interval", did you mean \'interval\'?',
        "schedule.evry": "unknown field, did you mean 'every'?",
        "steps[1].kind": 'expected one of "cron", "interval", got 7',
        "tags[1]": "expected a string, got 2",
        "headers.X": "expected a string, got 1",
        "retrys": "unknown field, did you mean 'retries'?",
    }


def test_what_came_is_shown_shortened() -> None:
    assert faults({**GOOD, "retries": "x" * 1000})["retries"].endswith(f'got "{"x" * 56}...')


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_an_input_that_is_no_object_is_a_mistake_of_the_whole(value: Any) -> None:
    assert list(faults(value)) == [""]


@attrs.frozen(kw_only=True)
class Span:
    first: int = attrs.field(validator=ge(1))
    last: int = attrs.field(default=9, validator=ge(1))
    name: Annotated[str, described("What to call it.")] = attrs.field(default="x", validator=min_len(1))

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("last must not be before first")


def test_validators_of_fields_are_asked_one_by_one() -> None:
    with pytest.raises(Mistakes) as caught:
        Record(Span).load({"first": 0, "last": "-1", "name": ""})
    assert [problem.field for problem in caught.value.problems] == ["first", "last", "name"]
    assert str(caught.value).startswith("first: must be >= 1: 0; last: must be >= 1: -1; name: ")


def test_a_rule_between_fields_is_a_mistake_of_the_whole() -> None:
    with pytest.raises(Mistakes, match=r"^last must not be before first$"):
        Record(Span).load({"first": 3, "last": 2})


# --- keys that no class has -------------------------------------------------------------------------------


def test_unknown_keys_are_refused_or_ignored_at_every_level() -> None:
    value = {**GOOD, "colour": "red", "schedule": {"kind": "cron", "evry": 5}, "owner": "eve"}
    assert JOB.load(value, {"owner": "ada"}, unknown="ignored") == read(GOOD, owner="ada")
    with pytest.raises(Mistakes) as caught:
        JOB.load(value)
    assert {problem.field for problem in caught.value.problems} == {"colour", "schedule.evry", "owner"}


def test_ignoring_unknown_keys_ignores_no_other_mistake() -> None:
    with pytest.raises(Mistakes, match=r"^retries: expected a whole number"):
        JOB.load({**GOOD, "colour": "red", "retries": "many"}, unknown="ignored")


# --- how much is read of what is wrong --------------------------------------------------------------------


class Counting(dict[str, Any]):
    """Says how often somebody went through its keys."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


def test_ignored_keys_cost_nothing() -> None:
    value = Counting(GOOD, schedule=Counting(GOOD["schedule"]), **{f"retrie{n}": n for n in range(100)})
    JOB.load(value, unknown="ignored")
    assert (value.walks, value["schedule"].walks) == (0, 0)


def test_unknown_keys_are_named_up_to_a_number() -> None:
    with pytest.raises(Mistakes) as caught:
        JOB.load({**GOOD, **{f"retrie{n}": n for n in range(1000)}})
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert str(caught.value).endswith("; and perhaps more")


def test_a_long_unknown_key_is_not_repeated_and_nothing_is_like_it() -> None:
    assert faults({**GOOD, "retries" * 1000: 1}) == {"retries" * 8 + "r...": "unknown field"}


def test_reading_stops_when_enough_is_wrong() -> None:
    seen = list[int]()

    def steps() -> Iterator[Any]:
        for n in range(1000):
            seen.append(n)
            yield n

    with pytest.raises(Mistakes, match="and perhaps more"):
        shape_of(tuple[Schedule, ...]).load(Lazy(steps()))
    assert len(seen) == MOST_PROBLEMS


def test_a_list_that_is_too_long_is_not_read() -> None:
    assert faults({**GOOD, "tags": [1, 2, 3, 4]}) == {"tags": "expected at most 3 items, got 4"}


class Lazy(list[Any]):
    """A list that says how far it was read."""

    def __init__(self, items: Iterator[Any]) -> None:
        super().__init__()
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return self._items


# --- query strings ----------------------------------------------------------------------------------------


def test_parameters_of_a_query_string_are_an_object_of_texts_and_lists() -> None:
    pairs = [("name", "tea"), ("tags", "a"), ("retries", "1"), ("tags", "b"), ("retries", "2"), ("x", "y")]
    gathered = JOB.gathered(pairs)
    assert gathered == {"name": "tea", "tags": ["a", "b"], "retries": "2", "x": "y"}
    job: Job = JOB.load({**gathered, "schedule": {"kind": "cron"}}, unknown="ignored")
    assert (job.tags, job.retries) == (("a", "b"), 2)


# --- one of several classes -------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Word:
    text: str
    type: Literal["word"] = "word"


@attrs.frozen(kw_only=True)
class Number:
    value: int
    type: Literal["number"] = "number"


@attrs.frozen(kw_only=True)
class Line:
    parts: tuple[Word | Number, ...] = ()
    last: Word | Number | None = None
    at: datetime | None = None


LINE = Record(Line)


@attrs.frozen(kw_only=True)
class Daily:
    kind: Literal["daily"] = "daily"
    hour: int


@attrs.frozen(kw_only=True)
class Yearly:
    kind: Literal["yearly", "annual"] = "yearly"


def test_a_field_called_kind_says_so_too_and_is_required() -> None:
    shape = shape_of(Daily | Yearly)
    assert shape.load({"kind": "daily", "hour": 5}) == Daily(hour=5)
    assert shape.load({"kind": "annual"}) == Yearly(kind="annual")
    assert shape.schema == {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": ["daily", "yearly", "annual"]},
            "hour": {"type": "integer"},
        },
        "required": ["kind"],
    }
    with pytest.raises(Mistakes, match=r"kind: .*daily"):
        shape.load({"hour": 5})


def test_the_type_says_which_class_is_meant() -> None:
    value = {"parts": [{"type": "number", "value": 1}, {"type": "word", "text": "a"}], "last": None}
    assert LINE.load(value) == Line(parts=(Number(value=1), Word(text="a")))
    parts: Any = LINE.schema["properties"]["parts"]
    assert parts["items"]["properties"]["type"]["enum"] == ["word", "number"]


@attrs.frozen(kw_only=True)
class Weekly:
    kind: Literal["weekly"] = "weekly"
    hour: str


def test_classes_that_differ_in_a_field_of_one_name_have_no_common_form() -> None:
    with pytest.raises(NoJsonForm, match="hour"):
        shape_of(Daily | Weekly)


def test_an_unknown_type_is_named_with_its_place() -> None:
    problems = Problems()
    LINE.read({"parts": [{"type": "wrd"}, 3], "last": {"type": "number"}}, "", problems)
    shape_of(Word | Number).read({}, "", problems)
    assert [str(problem) for problem in problems.found] == [
        'parts[0].type: expected one of "word", "number", got "wrd", did you mean \'word\'?',
        "parts[1]: expected an object, got 3",
        "last.value: expected a whole number, got nothing",
        'type: expected one of "word", "number", got null',
    ]


def test_a_time_has_its_zone() -> None:
    moment = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert LINE.load({"at": "2026-03-01T08:00:00Z"}).at == moment
    assert LINE.load({"at": moment}).at == moment
    assert dump(Line(at=moment))["at"] == "2026-03-01T08:00:00+00:00"
    for wrong in ("2026-03-01", "soon", moment.replace(tzinfo=None), 5):
        with pytest.raises(
            Mistakes, match=r"^at: expected a time with its zone such as 2026-03-01T08:00:00Z"
        ):
            LINE.load({"at": wrong})


# --- tables -----------------------------------------------------------------------------------------------


def test_a_table_may_have_only_certain_keys() -> None:
    shape = shape_of(Mapping[Literal["left", "right"], int])
    problems = Problems()
    assert shape.read({"left": 1, "rigt": 2}, "sides", problems) == {"left": 1}
    assert problems.found == [Problem("sides.rigt", "unknown field, did you mean 'right'?")]
    assert shape.schema["propertyNames"] == {"enum": ["left", "right"]}


# --- types without a form ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation",
    [bytes, list[int], int | str, Word | str, Word | Span, tuple[int, str], Mapping[int, str], Literal[1]],
)
def test_a_type_without_a_json_form_is_refused(annotation: Any) -> None:
    with pytest.raises(NoJsonForm):
        shape_of(annotation)


def test_a_field_without_a_json_form_is_named() -> None:
    @attrs.frozen(kw_only=True)
    class Picture:
        pixels: bytes

    with pytest.raises(NoJsonForm, match=r"Picture\.pixels: bytes"):
        Record(Picture)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCHEDULES = st.builds(
    Schedule,
    kind=st.sampled_from(("cron", "interval")),
    every=st.floats(min_value=0.5, allow_infinity=False, allow_nan=False),
)
JOBS = st.builds(
    Job,
    name=WORDS,
    schedule=SCHEDULES,
    retries=st.integers(0, 9),
    enabled=st.booleans(),
    note=st.none() | WORDS,
    tags=st.lists(WORDS, max_size=3).map(tuple),
    steps=st.lists(SCHEDULES, max_size=3).map(tuple),
    headers=st.dictionaries(WORDS, WORDS, max_size=3),
    extra=st.none() | st.integers() | WORDS,
)


@given(JOBS)
def test_what_can_be_written_is_read_back(job: Job) -> None:
    plain = JSON.loads(JSON.dumps(job), dict[str, Any])
    plain.pop("owner")
    assert read(plain) == job


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([field.name for field in attrs.fields(Job)] + ["kind", "every", "x"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_anything_a_model_writes_gives_a_value_or_named_mistakes(value: Any) -> None:
    with suppress(Mistakes):
        assert isinstance(JOB.load(value), Job)
