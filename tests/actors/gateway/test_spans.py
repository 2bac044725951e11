"""Messages as a tree by cause and as a graph."""

from typing import Any

from actors.gateway.spans import edges, nest, related


def event(seq: int, cause: int = 0, **fields: Any) -> dict[str, Any]:
    plain = {"seq": seq, "cause": cause, "at": 1.0, "type": f"t.M{seq}@1", "outcome": "ok", "trace": "ab12"}
    return {**plain, "from": fields.pop("sender", "a"), "to": "b", **fields}


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


def test_an_id_means_whole_traces() -> None:
    events = [
        event(1, trace="ab12", baggage={"turn": "t-1", "session": "s-1"}),
        event(2, trace="ab12"),
        event(3, trace="cd34", baggage={"turn": "t-2", "session": "s-1"}),
        event(4, trace="ef56"),
    ]

    def found(id: str) -> list[int]:
        return [each["seq"] for each in related(events, id)]

    assert found("t-1") == found("ab") == [1, 2]
    assert found("s-") == [1, 2, 3]
    assert found("ef56") == [4]
    assert found("x") == []


def test_the_busiest_edge_comes_first_and_a_pool_is_one() -> None:
    events = [
        event(1, sender="p[x]", to="s", type="s.Get@1"),
        event(2, sender="p[y]", to="s", type="s.Get@2", outcome="crashed"),
        event(3, sender="", to="p[x]", type="p.Go@1"),
    ]
    assert edges(events) == [
        {"from": "p", "to": "s", "count": 2, "errors": 1, "types": {"s.Get": 2}},
        {"from": "outside", "to": "p", "count": 1, "errors": 0, "types": {"p.Go": 1}},
    ]
