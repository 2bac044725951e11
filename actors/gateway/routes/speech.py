"""What is said to the page, to be put into words."""

from typing import Final, final

import trio
from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.bodies import SPEECH_PATH
from actors.gateway.http import answer, principal, route
from actors.gateway.uploads import PREFIX, Uploads
from actors.llm import messages as llm
from actors.spool import spool
from bus import Bus

_NAME: Final = "spoken"


@final
class SpeechRoutes:
    """``POST /api/speech/transcribe``. A recording lies on the disk until there are words, and nowhere else."""

    def __init__(self, app: Quart, bus: Bus, uploads: Uploads) -> None:
        self._bus = bus
        self._uploads = uploads
        route(app, "POST", SPEECH_PATH, self.transcribe)

    async def transcribe(self) -> Response:
        """The words of a recording, which is the body. Whoever leaves has nobody go on with it."""
        recording = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        if not recording:
            raise BadMessage("expected a recording as the body")
        user = principal().user
        with spool(self._uploads.folder, PREFIX) as folder:
            await trio.Path(folder / _NAME).write_bytes(recording)
            del recording
            asked = llm.Transcribe(
                user=user,
                path=_NAME,
                upload=folder.name,
                media_type=request.content_type or "",
                language=request.args.get("language", "")[:8],
            )
            with self._bus.baggage(origin="gateway", user=user):
                heard = await self._bus.ask(asked)
        return answer({"text": heard.text})
