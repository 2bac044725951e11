"""Settings of subsystems that are still to come.

They are accepted and checked, so a configuration written for a later version loads today and its mistakes show,
but nothing uses them yet. A subsystem takes its class along when it is built.
"""

from typing import final

import attrs
from attrs.validators import ge


@final
@attrs.frozen(kw_only=True)
class Internet:
    enabled: bool = True
    timeout_secs: int = attrs.field(default=15, validator=ge(1))
    """Seconds."""
    max_fetch_bytes: int = attrs.field(default=2 * 1024 * 1024, validator=ge(1))
    max_text_chars: int = attrs.field(default=50_000, validator=ge(1))


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
    internet: Internet = Internet()
    browser: Browser = Browser()
