"""Signing a browser in with a key, and out; and whether somebody is known."""

from typing import Annotated, Any, Final, final

import attrs
from quart import Quart, Response, request

from actors.endpoints import read
from actors.gateway.authentication import Authenticator, Shown
from actors.gateway.devices import forget, give_cookie, sign_in
from actors.gateway.http import address_of, admitted, answer, principal, read_fields, refusal, route
from actors.shapes import described
from actors.users import messages as users
from actors.vocabulary import Principal, may
from bus import Bus, Data

VERIFY: Final = "/api/auth/verify"
LOGIN: Final = "/api/auth/login"
PUBLIC: Final = frozenset({VERIFY, LOGIN})
"""Whoever asks here is not known yet, or need not be."""
LONGEST_KEY: Final = 1000


@final
@attrs.frozen(kw_only=True)
class Login(Data):
    key: Annotated[str, described("A key of the user.", max_length=LONGEST_KEY)] = attrs.field(repr=False)


@final
class AuthRoutes:
    """``/api/auth``, as far as it has to do with cookies; the rest are endpoints of the users subsystem."""

    def __init__(self, app: Quart, bus: Bus, authenticator: Authenticator) -> None:
        self._bus = bus
        self._authenticator = authenticator
        route(app, "GET", VERIFY, self.verify, "public")
        route(app, "POST", LOGIN, self.login, "public")
        route(app, "POST", "/api/auth/logout", self.logout)

    async def verify(self) -> Response:
        """Who is known by what the request shows; that nobody is, is no error."""
        try:
            known = await admitted(self._authenticator, request)
        except users.NotKnown:
            return answer({"authenticated": False, "auth_disabled": False})
        user = await self._user(known)
        return answer({"authenticated": True, "auth_disabled": False, "user": user})

    async def login(self) -> Response:
        """Sign a browser in."""
        key = read(Login, await read_fields()).key
        address = address_of(request)
        try:
            known = await self._authenticator.admit(Shown(key=key), address)
        except users.NotKnown as error:
            return refusal(401, str(error))
        user = await self._user(known)
        made = await sign_in(self._bus, known, address)
        response = answer({"page": made.page, "user": user})
        give_cookie(response, made)
        return response

    async def logout(self) -> Response:
        """Sign the browser that asks out."""
        known = principal()
        if not may(known.proof, "browser"):
            return refusal(
                409, "only a browser that is signed in can be signed out; a key is revoked instead"
            )
        signed_out = users.SignOut(
            id=known.credential, user=known.user, proof=known.proof, address=address_of(request)
        )
        await self._bus.ask(signed_out)
        response = answer({"ok": True})
        forget(response)
        return response

    async def _user(self, known: Principal) -> dict[str, Any]:
        user = await self._bus.ask(users.GetUser(id=known.user, user=known.user, proof=known.proof))
        return {
            "id": user.id,
            "display_name": user.display_name,
            "role": user.role,
            "filesystem_enabled": user.filesystem_enabled,
        }
