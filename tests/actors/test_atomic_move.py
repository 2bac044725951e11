"""Something is given another name, and takes no place that is taken."""

import errno
import os
from pathlib import Path

import pytest

from actors import atomic


@pytest.fixture(params=["the system", "an older kernel", "another system"])
def renaming(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the system can rename without replacing; where it cannot, a name is claimed first."""

    class Older:
        @staticmethod
        def renameat2(*_: object) -> int:
            return -1

    def older(*_: object, **__: object) -> object:
        return Older

    def other(*_: object, **__: object) -> object:
        return object()

    if request.param == "an older kernel":
        monkeypatch.setattr("ctypes.CDLL", older)
        monkeypatch.setattr("ctypes.get_errno", lambda: errno.ENOSYS)
    elif request.param == "another system":
        monkeypatch.setattr("ctypes.CDLL", other)
    return str(request.param)


@pytest.mark.usefixtures("renaming")
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_there_stays_when_something_else_is_given_its_name(
    tmp_path: Path, *, is_folder: bool
) -> None:
    for name in ("a", "taken"):
        (tmp_path / name).mkdir() if is_folder else (tmp_path / name).write_text(name)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileExistsError):
            atomic.move(folder, "a", folder, "taken", replace=False)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "taken"]
        if not is_folder:
            assert (tmp_path / "taken").read_text() == "taken"
        atomic.move(folder, "a", folder, "free", replace=False)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["free", "taken"]
        if not is_folder:
            with pytest.raises(FileExistsError):
                atomic.fill(folder, "free", lambda file: file.write(b"new"), replace=False)
            atomic.fill(folder, "new", lambda file: file.write(b"new"), replace=False)
            assert sorted((each.name, each.read_text()) for each in tmp_path.iterdir()) == [
                ("free", "a"),
                ("new", "new"),
                ("taken", "taken"),
            ]
    finally:
        os.close(folder)


@pytest.mark.usefixtures("renaming")
def test_a_folder_that_cannot_be_moved_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    outer, inner = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path / "a", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="Invalid argument"):
            atomic.move(outer, "a", inner, "b", replace=False)
        with pytest.raises(FileNotFoundError):
            atomic.move(outer, "missing", outer, "b", replace=False)
    finally:
        os.close(outer)
        os.close(inner)
    assert [each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*")] == ["a"]
