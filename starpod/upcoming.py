"""Settings of subsystems that are still to come.

They are accepted and checked, so a configuration written for a later version loads today and its mistakes show,
but nothing uses them yet. A subsystem takes its class along when it is built.
"""

from typing import final

import attrs
from attrs.validators import ge


@final
@attrs.frozen(kw_only=True)
class Browser:
    enabled: bool = False
    cdp_url: str | None = None
    """A running browser to use; None starts one."""
    startup_timeout_secs: int = attrs.field(default=10, validator=ge(1))
    """Seconds."""


@final
@attrs.frozen(kw_only=True)
class Upcoming:
    browser: Browser = Browser()
