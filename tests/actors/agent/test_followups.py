"""Turns that wait while another one runs."""

from actors.agent.followups import Waiting


def test_turns_run_in_the_order_in_which_they_came() -> None:
    waiting = Waiting()
    waiting.add("a", "queue")
    waiting.add("b", "inject")
    waiting.add("a", "queue")
    assert [waiting.take(), waiting.take(), waiting.take()] == [("a", "queue"), ("b", "inject"), None]


def test_only_injected_ones_join_and_stay_until_they_were_taken_in() -> None:
    waiting = Waiting()
    waiting.add("a", "inject")
    waiting.add("b", "queue")
    waiting.add("c", "inject")
    assert waiting.joining() == ("a", "c")
    waiting.drop("a")
    assert waiting.joining() == ("c",)
    assert list(waiting) == ["b", "c"]


def test_queued_ones_are_announced_once() -> None:
    waiting = Waiting()
    waiting.add("a", "queue")
    assert waiting.announce() == ("a",)
    waiting.add("b", "queue")
    waiting.add("c", "inject")
    assert waiting.announce() == ("b",)
    assert waiting.announce() == ()


def test_a_turn_that_could_not_go_on_is_first_again() -> None:
    waiting = Waiting()
    waiting.add("b", "inject")
    waiting.put_first("a", "inject")
    assert waiting.take() == ("a", "inject")
