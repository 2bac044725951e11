from actors.mcp.patience import FIRST, MOST, Patience


def test_a_server_that_fails_is_left_alone_for_longer_each_time() -> None:
    patience = Patience()
    assert patience.left(0.0) == 0.0
    waits = []
    for _ in range(30):
        patience.failed(100.0)
        waits.append(patience.left(100.0))

    assert waits[:3] == [FIRST, 3 * FIRST, 9 * FIRST]
    assert waits[-1] == MOST
    assert patience.left(100.0 + MOST) == 0.0


def test_one_that_was_reached_begins_from_the_start() -> None:
    patience = Patience()
    patience.failed(0.0)
    patience.failed(0.0)
    patience.succeeded()
    assert patience.left(0.0) == 0.0
    patience.failed(0.0)
    assert patience.left(0.0) == FIRST
