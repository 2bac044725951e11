"""Messages as a tree by cause."""

from typing import Any

from actors.gateway.spans import nest


def event(seq: int, cause: int = 0, **fields: Any) -> dict[str, Any]:
    plain = {"seq": seq, "cause": cause, "at": 1.0, "type": f"t.M{seq}@1", "outcome": "ok", "trace": "ab12"}
    return {**plain, "from": "a", "to": "b", **fields}


def shape(spans: list[dict[str, Any]]) -> list[Any]:
    return [(span["seq"], shape(span["children"])) for span in spans]


def test_what_a_message_caused_stands_below_it_in_order_of_sending() -> None:
    events = [
        event(3, 1, at=3.0, took=0.5),
        event(2, 1, at=2.0, took=0.5),
        event(4, 3, at=2.9, took=0.1),
        event(1, at=4.0, took=3.5, wait=0.5),
    ]
    spans = nest(events, 0.0)
    assert shape(spans) == [(1, [(2, []), (3, [(4, [])])])]
    assert [spans[0]["start"], spans[0]["children"][0]["start"]] == [0.0, 1.5]


def test_a_message_whose_cause_is_not_known_stands_at_the_top() -> None:
    assert shape(nest([event(5, 2, at=1.0), event(6, 5, at=2.0)], 0.0)) == [(5, [(6, [])])]


def test_a_late_reply_is_the_end_of_the_message_it_answers() -> None:
    late = event(1, at=2.0, outcome="late_reply", took=0.0)
    (span,) = nest([event(1, at=2.0, took=1.0), late], 0.0)
    assert (span["outcome"], span["took"], span["start"]) == ("late_reply", 1.0, 1.0)
