"""What the page polls is found once a second, however many pages poll it."""

from actors.console.fresh import Fresh


def test_what_was_found_is_good_for_a_second() -> None:
    found = Fresh[str, str]()
    assert found.get("a", 10.0) is None
    assert found.put("a", 10.0, "of ten") == "of ten"
    assert found.get("a", 10.9) == "of ten"
    assert found.get("a", 11.0) is None


def test_what_is_asked_for_is_told_apart_and_forgotten() -> None:
    found = Fresh[str, str]()
    found.put("a", 10.0, "one")
    found.put("b", 10.5, "another")
    assert (found.get("a", 10.5), found.get("b", 10.5)) == ("one", "another")
    assert (found.get("a", 11.2), found.get("b", 11.2)) == (None, "another")
    assert found.get("a", 10.5) is None
