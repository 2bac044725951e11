"""Whether a provider means that a conversation is too long for its model, in whichever words. Pure.

Providers agree on neither a status nor a name nor a wording for it. Two things are said in much the same words and are
not meant: too many tokens in a minute, which waiting mends, and an answer allowed to be longer than the model can make.
"""

import re
from collections.abc import Iterable
from typing import Final

_SPACE: Final = r"context[ _-]?(?:length|window|size|limit)?"
_BEYOND: Final = r"(?:exceed|overflow|surpass|larger|longer|greater|bigger|more|beyond|reached|over\b|fit)"
_SAID: Final = r"(?:prompt|inputs?|request|conversation|messages?|query|chat|history|sequence)"
_NOT_THESE: Final = r"(?!image|picture|file|document|audio|video|media)"

_ELSEWHERE: Final = (
    r"(?:上下文|输入|提示词|对话|消息|请求|token|prompt)[^。]{0,12}(?:过长|太长|超过|超出|超长|长度)",
    r"(?:上下文|輸入|提示詞|對話|訊息|請求)[^。]{0,12}(?:過長|太長|超過|超出|超長|長度)",
    r"(?:入力|プロンプト|コンテキスト|会話|メッセージ|トークン)[^。]{0,16}(?:長すぎ|超え|超過|大きすぎ|上限)",
    r"(?:입력|프롬프트|컨텍스트|대화|메시지|토큰)[^.]{0,16}(?:너무 (?:길|깁|많)|초과)",
    r"(?:eingabe|anfrage|prompt|nachricht|gespräch|verlauf|text)\w{0,3} (?:ist|sind|war) zu (?:lang|groß|viel)",
    r"kontext\w{0,12}[^.]{0,40}(?:überschr|übersteig|zu (?:lang|groß|klein))|(?:überschr|übersteig)[^.]{0,40}kontext",
    r"(?:entrée|prompt|requête|message|conversation|contexte|texte)s? (?:est|sont) trop (?:long|grand)",
    r"(?:dépass|excède)[^.]{0,60}(?:contexte|tokens|jetons)|contexte[^.]{0,40}(?:dépass|excéd)",
    r"(?:entrada|prompt|mensaje|mensagem|conversa|contexto|texto)s? (?:es|é|son) (?:\w{3,9} )?(?:larg|long)",
    r"(?:exced|supera|ultrapass)[^.]{0,60}contexto|contexto[^.]{0,40}(?:exced|superad|ultrapass)",
    r"(?:ingresso|input|prompt|messaggio|conversazione|contesto|testo) (?:è|e'|sono) troppo (?:lung|grand)",
    r"(?:supera|eccede)[^.]{0,60}contesto|contesto[^.]{0,40}superat",
    r"(?:превыш|слишком (?:длин|больш))[^.]{0,60}(?:контекст|запрос|токен|промпт|сообщени|текст)",
    r"(?:контекст|запрос|промпт|сообщени|ввод|текст)\w{0,5}[^.]{0,30}(?:слишком (?:длин|больш)|превыш)",
)
"""The same in languages of proxies and gateways elsewhere."""

_TOO_LONG: Final = re.compile(
    "|".join(
        (
            rf"{_SPACE}\W{{0,3}}(?:\w{{1,20}} ){{0,3}}{_BEYOND}",
            rf"{_BEYOND}[^.]{{0,60}}?\bcontext\b",
            r"context[ _]?overflow",
            rf"{_SPACE} (?:is |was )?(?:too|not enough|insufficient)",
            r"max(?:imum)? (?:allowed )?(?:prompt|sequence|model|input)(?: token)? (?:length|size|limit|window)",
            r"max(?:imum)? (?:allowed )?context",
            rf"{_SAID} (?:{_NOT_THESE}\w{{1,20}} ){{0,2}}(?:is|are|was|were) too (?:long|large|big|many)",
            rf"{_SAID}(?: tokens?)?(?: count| length| size| tokens)?[ (:\w)]{{0,40}} exceed",
            r"too (?:long|large|big)[^.]{0,20} for (?:the |this |that )?(?:requested )?model",
            r"reduce (?:the )?(?:total )?(?:length|size) of",
            rf"(?:reduce|shorten|trim) (?:the |your )(?:context|{_SAID})",
            r"too many (?:input |prompt |context )?tokens",
            (
                r"(?:exceed\w{0,3}|over) (?:the )?(?:model'?s? )?(?:maximum (?:number of )?|max )?(?:allowed )?"
                r"(?:input |message )?tokens?\b"
            ),
            r"token (?:limit|count|length)(?: has been| is| was)? exceed",
            r"exceed\w{0,3} (?:the )?(?:maximum|max|model)(?: \w{1,20}){0,3} (?:length|tokens?|size)\b",
            r"(?:prompt token count|tokens?) [^.]{0,30}exceeds? the limit of \d",
            r"initial prompt is greater|keep the first \d+ tokens",
            r"supports (?:only )?(?:up to|at most|a maximum of) \d+ (?:input |prompt )?tokens",
            r"`?inputs`? (?:tokens \+|must have less than)|range of input length",
            r"max_kv_size|\bn_ctx\b",
            *_ELSEWHERE,
        )
    ),
    re.IGNORECASE,
)

_NAMES: Final = re.compile(
    r"context_?(?:length|window|size)|exceed_?context|prompt_?(?:is_?)?too_?long|input_?too_?long"
    r"|prompt_?tokens_?exceeded|request_?too_?large|max_?tokens_?per_?request",
    re.IGNORECASE,
)
"""Of ``error.code`` and ``error.type``."""

_RATE: Final = re.compile(
    r"per[ -]?(?:minute|min\b|hour|day|second|week|month)|\b(?:TPM|TPD|RPM|RPD|ITPM|OTPM)\b"
    r"|rate[ _-]?limit|throttl|quota|too many requests"
    r"|(?:please|then) (?:wait|slow)|wait before|try again (?:in|later|after)|retry (?:in|after)",
    re.IGNORECASE,
)
"""What waiting mends."""

_RATE_NAMES: Final = re.compile(
    r"rate_?limit|throttl|quota|resource_?exhausted|too_?many_?requests", re.IGNORECASE
)

_ANSWER: Final = re.compile(
    r"\bmax(?:imum)?[ _](?:completion[ _]|output[ _]|new[ _])?tokens\b[^.]{0,40}"
    r"(?: > |too large|must be|less than|at most|exceed|greater|value)"
    r"|(?:output|completion) tokens(?: for|,| which|\.|$)",
    re.IGNORECASE,
)
"""How much may be answered."""
_WITH_INPUT: Final = re.compile(
    r"context[ _-]?(?:length|limit|size)|maximum (?:model|input|prompt)|in (?:the|your) (?:messages|prompt|input)"
    r"|inputs?`? (?:tokens|length)",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"\b(?:image|picture|file|pdf|audio|video)s?\b|\btools?\b|function\.name", re.IGNORECASE
)
_OWN_NAME: Final = re.compile(r"context|prompt|token", re.IGNORECASE)


def is_overflow(status: int | None, names: Iterable[str], message: str) -> bool:
    """Whether the request held more than the model takes, so that a shorter one may pass.

    Args:
      status: of the answer; None inside a stream.
      names: ``error.code`` and ``error.type``.
      message: what was said.
    """
    names = tuple(names)
    if any(_NAMES.search(name) for name in names):
        return True
    if status in (401, 402, 403, 404, 429) or any(map(_RATE_NAMES.search, names)) or _RATE.search(message):
        return False
    if _ANSWER.search(message) and not _WITH_INPUT.search(message):
        return False
    if _OTHER.search(message) and not _OWN_NAME.search(message):
        return False
    return status == 413 or _TOO_LONG.search(message) is not None
