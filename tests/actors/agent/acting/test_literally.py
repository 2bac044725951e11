"""Which words a conversation holds that the model has not put there itself."""

from actors.agent.acting.literally import stands
from actors.outside import QUOTED, holding, marked
from actors.vocabulary import ChatMessage, Text, Thinking, ToolResult, ToolUse

URL = "https://example.com/a"


def person(text: str) -> ChatMessage:
    return ChatMessage(role="user", content=(Text(text=text),))


def model(*calls: ToolUse, says: str = "") -> ChatMessage:
    return ChatMessage(role="assistant", content=(Thinking(text=says), Text(text=says), *calls))


def call(id: str, what: str) -> ToolUse:
    return ToolUse(id=id, name="Look", input={"what": what})


def result(id: str, text: str, *, is_error: bool = False) -> ChatMessage:
    found = ToolResult(tool_use_id=id, name="Look", content=(Text(text=text),), is_error=is_error)
    return ChatMessage(role="user", content=(found,))


def test_what_a_person_says_stands_there_and_what_the_model_says_does_not() -> None:
    assert stands(URL, [person(f"look at {URL}, please")])
    assert not stands(URL, [person("look"), model(says=URL)])


def test_an_address_in_what_a_person_has_forwarded_stands_there_as_on_a_page() -> None:
    assert stands(URL, [person(holding(f"see {URL}", QUOTED))])


def test_what_a_model_has_written_after_words_from_outside_is_its_own() -> None:
    assert not stands(URL, [person(marked(f"open {URL}", {"WebFetch"}))])


def test_what_a_tool_has_given_stands_there_unless_it_is_an_echo_or_an_error() -> None:
    said = [person("look"), model(call("c1", "page"))]
    assert stands(URL, [*said, result("c1", f"see {URL}")])
    assert not stands(URL, [*said, result("c1", f"see {URL}", is_error=True)])
    assert not stands(URL, [*said, result("c1", "nothing")])
    echo = [person("look"), model(call("c1", URL)), result("c1", f"nothing at {URL}")]
    assert not stands(URL, echo)
    assert stands(URL, [*echo, model(call("c2", "page")), result("c2", URL)])


def test_what_another_model_was_told_to_put_together_was_said_by_nobody() -> None:
    said = [person("look"), model(call("c1", "put the pieces together")), result("c1", URL)]
    assert stands(URL, said)
    assert not stands(URL, said, {"Look"})


def test_an_echo_is_one_also_of_what_is_written_differently_in_json() -> None:
    url = f'{URL}?"\\'
    assert not stands(url, [person("look"), model(call("c1", url)), result("c1", f"nothing at {url}")])
    assert stands(url, [person(f"look at {url}")])
