"""Turns that wait while another one runs."""

from collections.abc import Callable

from actors.agent.followups import Inbox
from actors.agent.messages import Deliver
from actors.vocabulary import FollowupMode


class Mailbox:
    """What was delivered and not taken yet."""

    def __init__(self) -> None:
        self.commands: list[Deliver] = []

    def put(self, turn: str, mode: FollowupMode = "inject") -> None:
        self.commands.append(Deliver(session="s", turn=turn, mode=mode))

    def drain(self, where: Callable[[Deliver], bool]) -> list[Deliver]:
        taken = [command for command in self.commands if where(command)]
        self.commands = [command for command in self.commands if command not in taken]
        return taken


def an_inbox() -> tuple[Inbox, Mailbox]:
    mailbox = Mailbox()
    return Inbox(mailbox.drain), mailbox


def test_turns_run_in_the_order_in_which_they_came() -> None:
    inbox, _ = an_inbox()
    inbox.add("a", "queue")
    inbox.add("b", "inject")
    inbox.add("a", "queue")
    assert (len(inbox), list(inbox)) == (2, ["a", "b"])
    assert [inbox.take(), inbox.take(), inbox.take()] == [("a", "queue"), ("b", "inject"), None]


def test_only_injected_ones_join_and_stay_until_they_were_taken_in() -> None:
    inbox, mailbox = an_inbox()
    inbox.add("a", "inject")
    mailbox.put("b", "queue")
    mailbox.put("c")
    assert inbox.joining("running") == ("a", "c")
    inbox.drop("a")
    assert inbox.joining("running") == ("c",)
    assert [command.turn for command in mailbox.commands] == ["b"], "it comes with its own trace"


def test_the_running_turn_does_not_join_itself() -> None:
    inbox, mailbox = an_inbox()
    mailbox.put("a")
    mailbox.put("a", "queue")
    assert inbox.joining("a") == ()
    assert len(inbox) == 0
    assert mailbox.commands == []


def test_looking_into_the_mailbox_takes_nothing() -> None:
    inbox, mailbox = an_inbox()
    mailbox.put("a")
    assert inbox.brings("a")
    assert not inbox.brings("b")
    assert inbox.delivered() == mailbox.commands


def test_what_is_dropped_does_not_come_by_mail_either() -> None:
    inbox, mailbox = an_inbox()
    mailbox.put("a")
    mailbox.put("b")
    inbox.drop("a")
    assert inbox.waiting() == ("b",)
    assert inbox.joining("running") == ("b",)


def test_queued_ones_are_announced_once() -> None:
    inbox, mailbox = an_inbox()
    inbox.add("a", "queue")
    assert inbox.announce() == ("a",)
    inbox.add("b", "queue")
    inbox.add("c", "inject")
    mailbox.put("d", "queue")
    assert inbox.announce() == ("b", "d")
    assert inbox.announce() == ()


def test_a_turn_that_could_not_go_on_is_first_again() -> None:
    inbox, _ = an_inbox()
    inbox.add("b", "inject")
    inbox.put_first("a", "inject")
    assert inbox.take() == ("a", "inject")


def test_all_that_wait_are_named_in_their_order() -> None:
    inbox, mailbox = an_inbox()
    inbox.add("a", "inject")
    mailbox.put("b")
    assert inbox.waiting() == ("a", "b")
