"""The key that an owner chose."""

from contextlib import closing
from pathlib import Path

from actors.users.bootstrap import SHORTEST, first_admin, weakness
from tests.actors.users.store import FIRST, Store


def test_a_key_that_could_be_guessed_is_told() -> None:
    (told,) = weakness("k" * (SHORTEST - 1))
    assert "STARPOD_API_KEY has 7 characters" in told
    assert weakness("k" * SHORTEST) == weakness("") == weakness(None) == []


def test_where_there_is_somebody_no_first_admin_is_made(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with closing(store.connection):
        assert not store.run(first_admin, FIRST, "another", store.now)
