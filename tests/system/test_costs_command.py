"""``starpod costs`` and a real daemon."""

import json

from tests.system.daemons import Place, serving, starpod


async def test_what_was_spent_is_shown(place: Place) -> None:
    async with serving(place):
        nothing = await starpod(place.root, "costs")
        assert "no model was asked for anything (30d)" in nothing.out
        assert (await starpod(place.root, "chat", "hello")).status == 0
        shown = await starpod(place.root, "costs", "--period", "7d")
        assert shown.status == 0, shown.err
        assert "completion" in shown.out
        assert "in 1 calls (7d)" in shown.out
        told = json.loads((await starpod(place.root, "costs", "--json")).out)
        assert [each["user_id"] for each in told["by_user"]] == ["admin"]
