"""Days in headings, names and questions, however they are written. Pure."""

import re
from collections.abc import Generator
from datetime import date, timedelta
from typing import Final, final

import attrs

from bus import Data

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar",
            "february feb februar",
            "march mar märz mär maerz",
            "april apr",
            "may mai",
            "june jun juni",
            "july jul juli",
            "august aug",
            "september sep sept",
            "october oct oktober okt",
            "november nov",
            "december dec dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "monday montag 周一 星期一",
            "tuesday dienstag 周二 星期二",
            "wednesday mittwoch 周三 星期三",
            "thursday donnerstag 周四 星期四",
            "friday freitag 周五 星期五",
            "saturday samstag sonnabend 周六 星期六",
            "sunday sonntag 周日 星期日 星期天",
        )
    )
    for name in names.split()
}
_DAYS_AGO: Final = {
    "today": 0, "heute": 0, "今天": 0, "今日": 0,
    "yesterday": 1, "gestern": 1, "昨天": 1, "昨日": 1,
    "vorgestern": 2, "前天": 2,
}  # fmt: skip

_NAME: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR: Final = r"(?:19|20)\d\d"
_WRITTEN: Final = re.compile(
    rf"(?<!\d)(?P<y1>{_YEAR})(?:[-/.](?P<m1>\d\d?)(?:[-/.](?P<d1>\d\d?))?|年(?:(?P<m2>\d\d?)月(?:(?P<d2>\d\d?)[日号])?)?)(?!\d)"
    rf"|(?<!\d)(?P<d3>\d\d?)\.(?P<m3>\d\d?)\.(?P<y3>{_YEAR})?(?!\d)"
    rf"|(?<!\d)(?P<d4>\d\d?)(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<n4>{_NAME})\b\.?(?:,?\s+(?P<y4>{_YEAR})\b)?"
    rf"|\b(?P<n5>{_NAME})\b\.?(?:\s+(?P<d5>\d\d?)(?:st|nd|rd|th)?(?![\d:]))?(?:,?\s+(?P<y5>{_YEAR})\b)?"
    r"|(?<!\d)(?P<m6>\d\d?)月(?:(?P<d6>\d\d?)[日号])?"
    rf"|(?<!\d)(?P<y7>{_YEAR})(?!\d)",
    re.IGNORECASE,
)
_RELATIVE: Final = re.compile(
    rf"\b(?:last|letzte[nrs]?|vergangene[nrs]?)\s+(?P<weekday>{'|'.join(n for n in _WEEKDAYS if n.isascii())})\b"
    rf"|上(?P<weekday_zh>{'|'.join(n for n in _WEEKDAYS if not n.isascii())})"
    r"|(?P<week>\blast\s+week\b|\b(?:letzte|vergangene|vorige)\s+woche\b|上周|上星期|先週)"
    r"|(?P<month>\blast\s+month\b|\b(?:letzten|vergangenen|vorigen)\s+monat\b|上个月|先月)"
    r"|\b(?P<ago>\d\d?\d?)\s+days?\s+ago\b|\bvor\s+(?P<vor>\d\d?\d?)\s+tagen\b"
    rf"|\b(?P<day>{'|'.join(n for n in _DAYS_AGO if n.isascii())})\b"
    rf"|(?P<day_zh>{'|'.join(n for n in _DAYS_AGO if not n.isascii())})",
    re.IGNORECASE,
)

_A_MONTH: Final = {None, *range(1, 13)}
_A_DAY: Final = {None, *range(1, 32)}


@final
@attrs.frozen
class Mention(Data):
    """A day, a month or a year as far as it was said."""

    year: int | None
    month: int | None
    day: int | None


def mentions(text: str) -> Generator[tuple[str, Mention]]:
    """Every day, month and year in a text, with the words for it.

    A month by itself counts when its name is written out and begins with a capital: "may" and "Jan" are other words.
    """
    for match in _WRITTEN.finditer(text):
        part = {name[0]: value for name, value in match.groupdict().items() if value is not None}
        name = part.get("n", "")
        if (
            name
            and part.keys() == {"n"}
            and (name.islower() or (len(name) < 4 and name not in {"May", "Mai"}))
        ):
            continue
        month = _MONTHS[name.lower()] if name else int(part["m"]) if "m" in part else None
        day = int(part["d"]) if "d" in part else None
        if month in _A_MONTH and day in _A_DAY:
            yield match.group(), Mention(int(part["y"]) if "y" in part else None, month, day)


def day_in(text: str) -> date | None:
    """The first whole date in a text."""
    for _, mention in mentions(text):
        if mention.year and mention.month and mention.day:
            try:
                return date(mention.year, mention.month, mention.day)
            except ValueError:
                continue
    return None


def spoken(text: str, today: date) -> Generator[tuple[str, list[date]]]:
    """What a text says relative to `today`, as "last Tuesday" does, with the days that it means."""
    for match in _RELATIVE.finditer(text):
        yield match.group(), _meant(match, today)


def _meant(match: re.Match[str], today: date) -> list[date]:
    monday = today - timedelta(days=today.weekday())
    match match.lastgroup:
        case "weekday" | "weekday_zh":
            behind = (today.weekday() - _WEEKDAYS[match[match.lastgroup].lower()] - 1) % 7 + 1
            return [_before(today, behind)]
        case "week":
            return [_before(monday, 7 - each) for each in range(7)]
        case "month":
            last = _before(today, today.day)
            return [last.replace(day=each) for each in range(1, last.day + 1)]
        case "day" | "day_zh":
            return [_before(today, _DAYS_AGO[match.group().lower()])]
        case _:
            return [_before(today, int(match["ago"] or match["vor"]))]


def _before(day: date, days: int) -> date:
    return max(day, date.min + timedelta(days=days)) - timedelta(days=days)


def marks(day: date) -> str:
    """The words by which a day is found: by itself, by its month, by its year, and by these without a year."""
    year, month, whole = f"{day.year:04}", f"{day.month:02}", f"{day.month:02}{day.day:02}"
    return f"y{year} ym{year}{month} ymd{year}{whole} md{whole} m{month}"


def mark(mention: Mention) -> str:
    """The word among :func:`marks` that finds what is mentioned."""
    parts = {"y": (mention.year, 4), "m": (mention.month, 2), "d": (mention.day, 2)}
    said = {letter: f"{number:0{width}}" for letter, (number, width) in parts.items() if number is not None}
    return "".join((*said, *said.values()))
