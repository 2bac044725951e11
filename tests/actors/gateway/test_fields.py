import pytest

from actors.gateway.fields import Fields, Malformed, parse_object


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "malformed JSON"),
        ("{", "malformed JSON"),
        ("[1]", "expected a JSON object"),
        ("null", "expected a JSON object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "malformed JSON"),
        ('{"a": ' + "9" * 5000 + "}", "malformed JSON"),
        (b"\xff\xfe{}", "malformed JSON"),
        (b'{"a": "\xff"}', "malformed JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(raw: str | bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        parse_object(raw)


def test_null_and_absent_are_the_same() -> None:
    fields = parse_object('{"text": null}')
    assert fields.text("text") is None
    assert fields.integer("n") is None
    assert fields.boolean("b", default=True) is True
    assert fields.objects("o", most=1) == ()


@pytest.mark.parametrize("value", [1, True, [], {}, 1.5])
def test_a_text_of_another_type_names_the_field(value: object) -> None:
    with pytest.raises(Malformed, match="text: expected a string"):
        Fields({"text": value}).text("text")


def test_a_required_text_that_is_missing_names_the_field() -> None:
    with pytest.raises(Malformed, match="text: expected a string"):
        Fields({}).required_text("text")


def test_a_text_may_be_too_long() -> None:
    assert Fields({"id": "abc"}).text("id", longest=3) == "abc"
    with pytest.raises(Malformed, match="id: expected at most 3 characters"):
        Fields({"id": "abcd"}).text("id", longest=3)


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(Malformed, match="text: expected valid Unicode text"):
        parse_object('{"text": "\\ud83d"}').text("text")
    assert parse_object('{"text": "\\ud83d\\ude00"}').text("text") == "😀"


@pytest.mark.parametrize("value", ["1", True, 1.0, []])
def test_an_integer_of_another_type_names_the_field(value: object) -> None:
    with pytest.raises(Malformed, match="n: expected an integer"):
        Fields({"n": value}).integer("n")


def test_an_integer_has_a_least_value() -> None:
    assert Fields({"n": 0}).integer("n", least=0) == 0
    with pytest.raises(Malformed, match="n: expected an integer of at least 0"):
        Fields({"n": -1}).integer("n", least=0)


@pytest.mark.parametrize("value", [0, 1, "true"])
def test_only_true_and_false_are_booleans(value: object) -> None:
    with pytest.raises(Malformed, match="b: expected true or false"):
        Fields({"b": value}).boolean("b", default=False)


def test_a_mistake_in_a_list_names_the_place() -> None:
    fields = Fields({"files": [{"name": "a"}, {"name": 2}]})
    first, second = fields.objects("files", most=2)
    assert first.text("name") == "a"
    with pytest.raises(Malformed, match=r"files\[1\].name: expected a string"):
        second.text("name")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("{}", "files: expected a list of objects"),
        ("[{}, {}, {}]", "files: expected at most 2 items"),
        ("[{}, 1]", r"files\[1\]: expected an object"),
    ],
)
def test_what_is_no_list_of_objects_is_refused(value: str, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        parse_object(f'{{"files": {value}}}').objects("files", most=2)
