"""Secrets of a host on its disk."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from starpod.host.safe import Safe, Unsealable


def test_a_secret_opens_with_the_key_that_lies_beside_it(tmp_path: Path) -> None:
    sealed = Safe.of(tmp_path).seal((), "agent", "A_KEY", "the value of it")
    assert b"value" not in sealed.data
    assert Safe.of(tmp_path).open(sealed) == "the value of it"
    assert Safe.of(tmp_path).hint(sealed) == "…f it"


@pytest.mark.parametrize("change", [{"name": "B_KEY"}, {"owner": "other"}, {"data": b"x" * 40}])
def test_one_that_was_altered_does_not_open(tmp_path: Path, change: dict[str, Any]) -> None:
    safe = Safe.of(tmp_path)
    sealed = attrs.evolve(safe.seal((), "agent", "A_KEY", "the value of it"), **change)
    with pytest.raises(Unsealable, match="it is damaged: keep it anew with `starpod secret set"):
        safe.open(sealed)
    assert safe.hint(sealed) == "cannot be read"


def test_a_key_that_is_lost_or_broken_is_said_and_no_other_is_made(tmp_path: Path) -> None:
    safe = Safe.of(tmp_path)
    sealed = safe.seal((), "agent", "A_KEY", "the value of it")
    (tmp_path / "vault.key").unlink()
    with pytest.raises(Unsealable, match=r"its master key .* is not here: put back vault\.key"):
        safe.open(sealed)
    with pytest.raises(Unsealable, match="B_KEY cannot be kept"):
        safe.seal({sealed.master_key}, "agent", "B_KEY", "another")
    assert not (tmp_path / "vault.key").exists()
    (tmp_path / "vault.key").write_text("broken")
    with pytest.raises(Unsealable, match="must hold base64"):
        safe.open(sealed)


def test_the_key_of_the_environment_counts_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARPOD_VAULT_KEY", "A" * 43 + "=")
    sealed = Safe.of(tmp_path).seal((), "agent", "A_KEY", "the value of it")
    assert not (tmp_path / "vault.key").exists()
    assert Safe.of(tmp_path).open(sealed) == "the value of it"
