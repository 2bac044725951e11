"""Has voice messages put into words."""

from typing import final

import attrs

from actors.llm import messages as llm
from actors.vocabulary import Attachment
from bus import Bus, BusError, Data


@final
@attrs.frozen(kw_only=True)
class Spoken(Data):
    """What became of a voice message. Neither, where nothing is set that could put it into words."""

    words: str = ""
    why: str = ""
    """Why it stays a file, as a sentence for its sender."""


async def words(bus: Bus, voice: Attachment, user: str) -> Spoken:
    """What is said in a voice message of `user`. It is asked for once: a file is better than a long silence."""
    try:
        heard = await bus.ask(llm.Transcribe(user=user, path=voice.path, media_type=voice.media_type))
    except llm.NoTranscriber:
        return Spoken()
    except BusError as error:
        return Spoken(why=f"Your voice message was not put into words, and goes on as a file: {error}")
    return Spoken(words=heard.text)
