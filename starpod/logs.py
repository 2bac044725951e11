"""What the process says about itself, on standard error: coloured lines on a terminal, JSON lines otherwise.

Every line carries the actor, trace, user, session and turn it belongs to; credentials are masked.
"""

import logging
import os
import sys
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bus import log_context, mask_text
from starpod.errors import StarpodError

VARIABLE: Final = "STARPOD_LOG"
LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(stream: TextIO = sys.stderr, *, default: str = "info") -> None:
    """Set up logging for the process. The level comes from ``STARPOD_LOG``. Raises StarpodError for an unknown one."""
    name = os.environ.get(VARIABLE, default).lower()
    if name not in LEVELS:
        raise StarpodError(f"{VARIABLE} must be one of {', '.join(LEVELS)}, not {name!r}")
    on_terminal = stream.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=not os.environ.get("NO_COLOR"))
        if on_terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _add_context,
            structlog.processors.TimeStamper(fmt="iso", utc=not on_terminal),
            structlog.processors.ExceptionRenderer(),
            renderer,
            _mask,  # last, so that nothing of a line gets around it
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[name]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(LEVELS[name], logging.WARNING), handlers=[_Forward()], force=True)


class _Forward(logging.Handler):
    """Lines that libraries log through the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        log(record.levelname.lower(), record.getMessage(), {"logger": record.name, "error": _raised(record)})


def _raised(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _add_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in log_context().items():
        event.setdefault(name, value)
    return event


def _mask(_logger: WrappedLogger, _method: str, line: Any) -> str:
    return mask_text(line)


def log(level: str, event: str, fields: dict[str, Any]) -> None:
    """Write one line; the bus logs through this. An exception under ``error`` is written with its traceback."""
    error = fields.get("error")
    shown = {name: value for name, value in fields.items() if name != "error"}
    if isinstance(error, BaseException):
        shown["exc_info"] = error
    method = {"critical": "error", "warn": "warning"}.get(level, level)
    getattr(structlog.get_logger(), method if method in LEVELS else "info")(event, **shown)
