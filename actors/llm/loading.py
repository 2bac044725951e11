"""Fetches the pictures and documents of a conversation from home, for one model, and what was said aloud."""

from collections.abc import Iterable
from typing import Final

import trio

from actors.llm.answers import transcriptions
from actors.llm.answers.transcriptions import Sound
from actors.llm.messages import SpeechRefused, SpeechTooLarge, Transcribe
from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests import documents, history, pictures
from actors.llm.requests.documents import Limits, Pdf
from actors.llm.requests.files import File, Files, Reference, missing, newest, too_large
from actors.tools import messages as tools
from actors.vocabulary import ChatMessage, Document, Image, quoted
from bus import Bus, BusError, in_thread

INLINE: Final = 256 * 1024
"""Bytes of a document up to which it is looked at here: it takes less than handing it to a thread and back."""


async def files(bus: Bus, provider: str, details: ModelDetails, messages: Iterable[ChatMessage]) -> Files:
    """What is sent of them: all that the model can have, or notes in their place. Nothing of what it cannot have."""
    taken = documents.limits(provider, details)
    places = [
        block
        for block in history.references(messages)
        if (details.vision if isinstance(block, Image) else taken.pages)
    ]
    wanted = {block.path: block for block in places}
    found = {path: await _file(bus, block, taken) for path, block in wanted.items()}
    return newest(places, found, taken)


async def weigh(
    bus: Bus, provider: str, details: ModelDetails, wanted: Iterable[Document]
) -> tuple[int, ...]:
    """Tokens of each document in a prompt, roughly; 0 for one that the model will not be shown."""
    taken = documents.limits(provider, details)
    if not taken.pages:
        return tuple(0 for _ in wanted)
    found = [await _file(bus, each, taken) for each in wanted]
    return tuple(each.pages * taken.tokens if isinstance(each, Pdf) else 0 for each in found)


async def sound(bus: Bus, wanted: Transcribe) -> Sound:
    """A recording. Raises SpeechRefused, SpeechTooLarge, and the file errors of the tools subsystem."""
    if transcriptions.ending(wanted.media_type) is None:
        raise SpeechRefused(
            reason=f"{quoted(wanted.media_type)} is no kind of recording that is put into words"
        )
    most = transcriptions.LARGEST
    place = (
        tools.LoadUpload(upload=wanted.upload, id=wanted.path, limit=most)
        if wanted.upload
        else tools.LoadFile(path=wanted.path, limit=most)
    )
    try:
        data = await bus.ask(place)
    except tools.FileTooLarge as error:
        raise SpeechTooLarge(limit=error.limit) from error
    if not data:
        raise SpeechRefused(reason="there is nothing in the recording")
    return Sound(data=data, media_type=wanted.media_type, language=wanted.language)


async def _file(bus: Bus, block: Reference, taken: Limits) -> File | str:
    """Whatever is wrong with one old file, the conversation goes on."""
    most = pictures.MAX_BYTES if isinstance(block, Image) else documents.MAX_BYTES
    try:
        data = await bus.ask(tools.LoadFile(path=block.path, limit=most))
    except tools.FileTooLarge as error:
        return too_large(block, error.size)
    except BusError as error:
        return missing(block, error)
    if isinstance(block, Image):
        return pictures.encode(block, data)
    if len(data) <= INLINE or bus.clock.virtual:
        return documents.encode(block, data, taken)
    return await trio.to_thread.run_sync(in_thread(documents.encode), block, data, taken)
