"""Words that every subsystem uses."""

from typing import get_args

import pytest

from actors.vocabulary import RESERVED, BadUserId, Proof, Right, may, quoted, says_nothing, user_id


@pytest.mark.parametrize("id", ["admin", "Ada", "a", "0", "_", "_x-1", "x" * 64, "5f0c2f0e-2c3b-4f7e"])
def test_an_id_of_a_user_names_a_folder(id: str) -> None:
    assert user_id(id) == id


@pytest.mark.parametrize(
    "id",
    [
        *(
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "%2e%2e",
            "a b",
            "a\0",
            "ada\n",
            "-",
            "-ada",
            "--help",
            "x" * 65,
            "x" * 10_000,
        ),
        *("аda", "ａda", "ada\u200b", "\ud800", *sorted(RESERVED), "CRON", "System"),
    ],
)
def test_what_could_not_is_refused_with_a_sentence(id: str) -> None:
    with pytest.raises(BadUserId, match="cannot be the id of a user") as refused:
        user_id(id)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_what_somebody_gave_is_quoted_on_one_line() -> None:
    assert quoted("a\nb") == "'a�b'"
    assert len(quoted("x" * 1000)) == 82


@pytest.mark.parametrize("answer", ["HEARTBEAT_OK", " **HEARTBEAT_OK**\n", "`HEARTBEAT_OK`."])
def test_an_answer_may_be_that_there_is_nothing_to_say(answer: str) -> None:
    assert says_nothing(answer)
    assert not says_nothing(f"{answer} The mail is here.")
    assert not says_nothing("")


def test_what_each_proof_is_good_for() -> None:
    assert {
        proof: [right for right in get_args(Right) if may(proof, right)] for proof in get_args(Proof)
    } == {
        "page": ["browser"],
        "confirmed": ["guarded", "browser"],
        "key": [],
        "operator": ["operate", "guarded"],
        "telegram": [],
        "scheduler": [],
    }
    assert not may("", "browser")
