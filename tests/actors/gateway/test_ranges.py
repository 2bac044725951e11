"""Which part of a file a client wants."""

import pytest

from actors.gateway.ranges import Piece, piece_of

WHOLE = Piece(0, 10, whole=True)


@pytest.mark.parametrize(
    ("wanted", "only_of", "piece"),
    [
        (None, None, WHOLE),
        ("bytes=0-1", None, Piece(0, 2, whole=False)),
        ("bytes=5-", None, Piece(5, 10, whole=False)),
        ("bytes=-3", None, Piece(7, 10, whole=False)),
        ("bytes=0-100", '"e"', Piece(0, 10, whole=False)),
        ("bytes=0-1", '"older"', WHOLE),
        ("bytes=0-1,3-4", None, WHOLE),
        ("lines=0-1", None, WHOLE),
        ("nonsense", None, WHOLE),
        ("bytes=10-", None, None),
    ],
)
def test_a_part_is_what_the_header_says(wanted: str | None, only_of: str | None, piece: Piece | None) -> None:
    assert piece_of(wanted, only_of, 10, '"e"') == piece
