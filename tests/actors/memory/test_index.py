"""The index: what is put in is found, what is taken out is gone, and no text is an error."""

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.memory import index
from tests.actors.memory.database import TODAY, opened

OPERATORS = [
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    ")",
    '"',
    "*",
    ":",
    "^",
    "text:",
    "{above}",
    "\0",
    "\ud800",
    "''",
    "咖",
    "+",
]
HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from([*OPERATORS, "coffee"])).map(" ".join),
    st.text("ab \"'", min_size=1, max_size=10_000),
)


def test_what_is_written_is_found_with_its_lines_and_the_reason() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "one\n\nDrank coffee in Berlin.\n")

    (hit,) = index.search(connection, "Where did I drink coffee?", today=TODAY)

    assert (hit.source, hit.text, hit.lines, hit.citation, hit.date, hit.why) == (
        "notes.md",
        "one\n\nDrank coffee in Berlin.",
        "1-3",
        "notes.md#L1-L3",
        None,
        "coffee",
    )


def test_what_is_removed_is_not_found() -> None:
    connection = opened()
    index.replace(connection, "notes.md", "coffee")
    index.remove(connection, "notes.md")
    index.remove(connection, "other.md")

    assert index.search(connection, "coffee", today=TODAY) == []
    assert index.size_of(connection) == (0, 0)
    assert index.fault(connection) is None


@given(HOSTILE)
@settings(max_examples=2000, deadline=None)
def test_no_text_is_an_error(question: str) -> None:
    connection = opened()
    index.replace(connection, "notes.md", "Drank coffee in Berlin. 我喜欢咖啡。 NEAR ab")

    index.search(connection, question, today=TODAY)
