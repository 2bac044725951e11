"""Front door of the gateway: what its page begins with, links to it, and why the gateway could not open its door."""

from typing import Annotated, ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.llm import messages as llm
from actors.shapes import described
from actors.tools import messages as tools
from actors.vocabulary import ADMIN, Proof, quoted
from bus import ActorError, Data, ErrorKind, Request, secret


@attrs.define(eq=False, kw_only=True)
class AddressInUse(ActorError):
    """Somebody else listens on the configured address: stop them, or configure another one."""

    kind: ClassVar[ErrorKind] = "conflict"
    address: str

    def __str__(self) -> str:
        return (
            f"{self.address} is already in use by another program; "
            "stop it or choose another address with server_addr or --port"
        )


@attrs.define(eq=False, kw_only=True)
class AddressRefused(ActorError):
    """The configured address is not one to listen on: not of this machine, not permitted, or not loopback."""

    kind: ClassVar[ErrorKind] = "forbidden"
    address: str
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.address}: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class CertificateUnusable(ActorError):
    """A file of the configured certificate is not one to encrypt with."""

    kind: ClassVar[ErrorKind] = "unavailable"
    key: str
    """Of ``[gateway.tls]``."""
    path: str
    reason: str

    def __str__(self) -> str:
        return f"[gateway.tls] {self.key} = {self.path}: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class TooMany(ActorError):
    """Somebody asks too often: the same is right after so many `seconds`."""

    kind: ClassVar[ErrorKind] = "rate_limited"
    seconds: float


class TooManyAttempts(TooMany):
    """Too many wrong keys have come from this address."""

    def __str__(self) -> str:
        return f"too many wrong keys came from your address; try again in {self.seconds:.0f} s"


class TooManyCodes(TooMany):
    """Too many wrong codes have come from pages of this user."""

    def __str__(self) -> str:
        return f"too many wrong codes were typed; try again in {self.seconds:.0f} s"


class TooManyRequests(TooMany):
    """This user asks for more than the settings allow."""

    def __str__(self) -> str:
        return f"you have asked for more than [auth] rate_limit_requests allows; try again in {self.seconds:.0f} s"


@final
@attrs.frozen(kw_only=True)
class PageLink(Data):
    url: str = secret()
    """Opens the page, once, within so many seconds, for whoever has it."""
    seconds: float


@final
@attrs.frozen(kw_only=True)
class IsFollowed(Request[bool]):
    """Whether any client of a user shows them a conversation: a page that is not hidden, a terminal."""

    of_user: str
    session: str


@endpoint("POST", "/api/page-link", access="operator", origin="operator")
@final
@attrs.frozen(kw_only=True)
class NewPageLink(Request[PageLink]):
    """A link that opens the page as a user. Raises users.UnknownUser, users.NotActive."""

    version: ClassVar[int] = 2
    id: Annotated[str, described("The user.")] = ADMIN


@attrs.define(eq=False, kw_only=True)
class NeedsAdmin(ActorError):
    """A code is only for somebody whose role is admin."""

    kind: ClassVar[ErrorKind] = "forbidden"
    id: str

    def __str__(self) -> str:
        return f"{quoted(self.id)} is no admin, and nobody else's page can be unlocked"


class WrongCode(ActorError):
    """A code is not one, was used, is too old, or is somebody else's."""

    kind: ClassVar[ErrorKind] = "invalid"

    def __str__(self) -> str:
        return "that code is not good, or no longer: each is good once, for two minutes; make another one"


class NoPage(ActorError):
    """Only a page that is signed in can be confirmed: a key is in the hands of programs."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return "only a page that is signed in can be unlocked, not a key"


@final
@attrs.frozen(kw_only=True)
class PageCode(Data):
    code: str = secret()
    """Eight letters and digits in two groups; unlocks a page of the user, once, within so many seconds."""
    seconds: float


@endpoint("POST", "/api/page-code", access="operator", origin="operator")
@final
@attrs.frozen(kw_only=True)
class NewPageCode(Request[PageCode]):
    """A code that unlocks an admin's page. Raises users.UnknownUser, users.NotActive, NeedsAdmin."""

    id: Annotated[str, described("The user.")] = ADMIN


@final
@attrs.frozen(kw_only=True)
class Confirmed(Data):
    """How long a page may change what only the operator may otherwise."""

    seconds: float
    """0: it may not."""


@endpoint("POST", "/api/auth/confirm", access="admin")
@final
@attrs.frozen(kw_only=True)
class Confirm(Request[Confirmed]):
    """Unlock the page that asks, with a code from `starpod open --code`.

    It lasts for ten minutes, or until it is locked or signed out, its admin is none any more, or the agent stops.
    Raises WrongCode, TooManyCodes, NoPage, users.StorageFailed.
    """

    code: Annotated[str, described("As it was typed.", max_length=100)] = secret()
    user: str
    proof: Proof = "key"
    credential: str = ""
    address: str = ""


@endpoint("GET", "/api/auth/confirm")
@final
@attrs.frozen(kw_only=True)
class GetConfirmed(Request[Confirmed]):
    """How long the page that asks is unlocked yet."""

    user: str
    proof: Proof = "key"
    credential: str = ""


@endpoint("DELETE", "/api/auth/confirm")
@final
@attrs.frozen(kw_only=True)
class Lock(Request[Confirmed]):
    """Lock the page that asks."""

    user: str
    proof: Proof = "key"
    credential: str = ""


@final
@attrs.frozen(kw_only=True)
class Config(Data):
    """Names, texts and models for the page."""

    agent_name: str
    greeting: str | None
    """Shown above an empty conversation; null leaves it to the page."""
    prompts: tuple[str, ...]
    """Offered to start a conversation with."""
    models: tuple[str, ...]
    """Empty while the model subsystem does not answer."""
    default_model: str | None
    thinking_models: tuple[str, ...]
    """Those of `models` that can be told how much to think."""
    version: str
    attachments: tools.AttachmentRules | None = None
    """Which files may be sent; null while the tools subsystem does not answer."""
    transcribes: bool = False
    """Whether what is said can be put into words, by ``POST /api/speech/transcribe``."""


@endpoint("GET", "/api/config")
@final
@attrs.frozen(kw_only=True)
class GetConfig(Request[Config]):
    """What the page needs first: names, texts and models."""


@final
@attrs.frozen(kw_only=True)
class Steps(Data):
    """What has been done of setting up an agent."""

    identity: bool
    """Whether it has a name, which it always has."""
    model: bool
    personality: bool
    """Whether SOUL.md says anything."""


@final
@attrs.frozen(kw_only=True)
class SetUp(Data):
    """Whether there is a model, and otherwise what there could be."""

    complete: bool
    """Whether the settings name a model, or the key of one is there: then nobody has to be asked."""
    steps: Steps
    agent_name: str
    provider: str
    """Of the model that answers now."""
    model: str
    """``provider/model`` that answers now."""
    choices: tuple[llm.Choice, ...]


@endpoint("GET", "/api/settings/setup-status", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetSetUp(Request[SetUp]):
    """What the page asks before it asks a person for a model. An Ollama on this machine is looked for."""

    user: str
