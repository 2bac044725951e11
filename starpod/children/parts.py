"""What the daemon's actors are made from, whichever they are."""

from collections.abc import Callable
from typing import final

import attrs

from actors.agent.spending.underway import UnderWay
from actors.gateway.settings import Address
from actors.hooks.actor import FOLDER as HOOKS_FOLDER
from actors.hooks.armed import Armed
from actors.hooks.settings import Settings as HooksSettings
from actors.settings.current import Current
from actors.settings.document import Scheme, Source
from actors.subsystem import Given
from bus import Remains


@final
@attrs.frozen(kw_only=True)
class Parts(Given):
    """What the tree is made from."""

    current: Current
    """The settings in force."""
    sources: tuple[Source, ...]
    """The files they come from, the one that changes are written to first."""
    scheme: Scheme
    address: Address
    token: str = attrs.field(repr=False)
    """The operator's; the tap asks for it."""
    remains: Remains
    """What the process before has left, if it did not end in order."""
    on_bound: Callable[[Address], None]
    """Told where the gateway listens, once it does."""
    on_first_key: Callable[[str], None]
    """Told the key that was made for the first admin."""
    under_way: UnderWay = attrs.field(factory=UnderWay, init=False)
    """What models are being asked for."""

    armed: Armed = attrs.field(init=False)
    """For which events there are hooks."""

    def __attrs_post_init__(self) -> None:
        enabled = lambda: self.settings_of(HooksSettings).hooks.enabled  # noqa: E731
        disabled = lambda: self.settings_of(HooksSettings).hooks.disabled  # noqa: E731
        armed = Armed(self.data / HOOKS_FOLDER, enabled, disabled)
        object.__setattr__(self, "armed", armed)
