"""What an endpoint objects to in the pictures and documents of a request, and what to do about it. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from actors.llm.refusals.adaptation import Measure
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import File, Reference
from actors.llm.requests.history import references, references_of
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import Document, Image

_ABOUT_PICTURES: Final = re.compile(
    r"\bimages?\b|image_url|picture|\bvision\b|visual|multi-?modal|modalit|media[_ ]type|photo|mmproj"
    r"|inline_?data",
    re.IGNORECASE,
)
_BLIND: Final = re.compile(
    r"(?:not|n't|n’t|no endpoints(?: \w{1,20}){0,2}) support (?:\w{1,20} ){0,3}"
    r"(?:image|vision|picture|visual|multi)"
    r"|(?:image|image_url|vision|picture|visual|multi-?modal|modalit)\w{0,8}['\"` ]{0,3}(?:\w{1,20} ){0,3}"
    r"(?:not|n't|only|un)(?: \w{1,20}){0,2} ?(?:support|enable|available|allow|permit)"
    r"|unknown variant|text[- ]only|only (?:supports? )?text|must be (?:a )?string|expected (?:a )?(?:string|str\b)"
    r"|not (?:a )?(?:multi-?modal|vision)|mmproj|unsupported (?:content type|modalit)|valid string",
    re.IGNORECASE,
)
"""The model sees nothing at all."""
_ABOUT_DOCUMENTS: Final = re.compile(
    r"\bpdfs?\b|\bdocuments?\b|\binput_file\b|\bfile_data\b|['\"`](?:file|document)['\"`]"
    r"|\bfile (?:part|content|input)",
    re.IGNORECASE,
)
_ILLITERATE: Final = re.compile(
    r"(?:not|n't|n’t|no endpoints(?: \w{1,20}){0,2}) support (?:\w{1,20} ){0,3}(?:pdf|document|file|multi)"
    r"|(?:pdf|document|file|input_file)s?['\"` ]{0,3}(?:\w{1,20} ){0,3}"
    r"(?:not|n't|only|un)(?: \w{1,20}){0,2} ?(?:support|enable|available|allow|permit)"
    r"|unknown variant|supported values are|text[- ]only|only (?:supports? )?text|must be (?:a )?string"
    r"|expected (?:a )?(?:string|str\b)|unsupported (?:content type|content part|modalit)"
    r"|unsupported mime ?type:? ['\"`]?application/pdf|valid string"
    r"|input tag ['\"`](?:file|document|input_file)",
    re.IGNORECASE,
)
"""The model, or its server, takes no documents at all."""


def measures(said: str, prompt: Prompt, taken: Iterable[Measure]) -> Iterator[Measure]:
    """Of what kind that is meant none is sent any more, or which files are not.

    A model that cannot have any gets none any more; a file that is refused for what it is, is not sent again.

    Args:
      said: the objection.
      prompt: what was asked.
      taken: measures of before.
    """
    if _ABOUT_DOCUMENTS.search(said) and sent(prompt, Pdf):
        found = [Measure("no_documents")] if _ILLITERATE.search(said) else _some(prompt, Pdf, Document, taken)
    elif _ABOUT_PICTURES.search(said) and sent(prompt, Picture):
        found = [Measure("no_pictures")] if _BLIND.search(said) else _some(prompt, Picture, Image, taken)
    else:
        found = []
    return iter(found)


def guessed(prompt: Prompt) -> list[Measure]:
    """What to leave out of a request that was refused without a word that helps."""
    kinds: tuple[tuple[type[File], Measure], ...] = (
        (Picture, Measure("no_pictures", guessed=True)),
        (Pdf, Measure("no_documents", guessed=True)),
    )
    return [none for kind, none in kinds if sent(prompt, kind)]


def _some(
    prompt: Prompt, kind: type[File], named: type[Reference], taken: Iterable[Measure]
) -> list[Measure]:
    """Those of one kind that came last; all of them, where that has not helped."""
    paths = {each.path for each in references(prompt.messages) if isinstance(each, named)}
    tried = any(each.kind == "no_file" and each.what in paths for each in taken)
    return [Measure("no_file", path) for path in (sent if tried else newest)(prompt, kind)]


def sent(prompt: Prompt, kind: type[File]) -> tuple[str, ...]:
    """Paths of the files of one kind that are sent, in the order of the conversation."""
    paths = dict.fromkeys(each.path for each in references(prompt.messages))
    return tuple(path for path in paths if isinstance(prompt.files.get(path), kind))


def newest(prompt: Prompt, kind: type[File]) -> tuple[str, ...]:
    """Those of the last message that has any: the ones before it were taken when they were new."""
    paths = sent(prompt, kind)
    for message in reversed(prompt.messages):
        if found := tuple(each.path for each in references_of(message) if each.path in paths):
            return found
    return ()
