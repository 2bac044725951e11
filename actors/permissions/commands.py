"""A shell command as the simple commands that it is made of, as far as it is made of nothing else. Pure.

A pattern may only let a command through that is understood to its last character: whatever a shell would expand,
redirect, group or run beside is not plain.
"""

import re
import shlex
from fnmatch import fnmatchcase
from typing import Final

_PLAIN: Final = re.compile(
    r"""
      (?P<separator> [ \t\n]* (?: && | \|\| | ; | \| | \n )+ [ \t\n]* )
    | (?P<space>     [ \t]+ )
    | (?P<single>    ' [^']* ' )
    | (?P<double>    " (?: [^"\\$`!] | \\ [^\n] )* " )
    | (?P<escaped>   \\ [^\n] )
    | (?P<bare>      [^\s'"\\$`(){}<>&;|\#!\x00-\x1f\x7f] )
    """,
    re.VERBOSE,
)
LONGEST: Final = 20_000
"""Characters of a command that is looked at: what is longer is not plain."""
_SEPARATOR: Final = re.compile(r"[ \t\n]*(?:&&|\|\||;|\||\n+)[ \t\n]*")
_IN_QUOTES: Final = re.compile(r'\\(["\\$`])')
_NO_COMMAND: Final = re.compile(r"[*?\[\]~^]|^[A-Za-z_]\w*\+?=|^-")
# fmt: off
_KEYWORDS: Final = frozenset(
    {
        "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
        "in", "select", "then", "time", "until", "while",
    }
)
# fmt: on
"""They begin something else than a simple command."""
_PARTS: Final = re.compile(r"[;&|()`{}<>\n$\"']+")


def simple(text: str) -> tuple[str, ...] | None:
    """The simple commands of a plain sequence, words quoted as :func:`shlex.join` does; None for anything else."""
    if len(text) > LONGEST:
        return None
    found: list[list[str]] = [[]]
    word: list[str] | None = None
    at = 0
    text = text.strip(" \t\n")
    while at < len(text):
        token = _PLAIN.match(text, at)
        if token is None:
            return None
        at = token.end()
        part = token.group()
        match token.lastgroup:
            case "separator" | "space":
                if word is not None:
                    found[-1].append("".join(word))
                    word = None
                if token.lastgroup == "separator":
                    if not _SEPARATOR.fullmatch(part):
                        return None
                    found.append([])
            case kind:
                word = [] if word is None else word
                word.append(_unquoted(str(kind), part))
    if word is not None:
        found[-1].append("".join(word))
    if not found[-1] and text.endswith(";"):
        found.pop()
    if not all(words and not _NO_COMMAND.search(words[0]) and words[0] not in _KEYWORDS for words in found):
        return None
    return tuple(map(shlex.join, found))


def _unquoted(kind: str, part: str) -> str:
    match kind:
        case "single":
            return part[1:-1]
        case "double":
            return _IN_QUOTES.sub(r"\1", part[1:-1])
        case "escaped":
            return part[1]
        case _:
            return part


def fits(pattern: str, text: str) -> bool:
    """Whether all that a command does fits a pattern. One that is not plain fits none."""
    found = simple(text)
    return found is not None and all(_like(pattern, each) for each in found)


def touches(pattern: str, text: str) -> bool:
    """Whether something that a command does may fit a pattern; rather too often, to keep that from being done."""
    parts = (part.strip() for part in _PARTS.split(text))
    return any(_like(pattern, each) for each in (*(simple(text) or ()), *parts, text.strip()) if each)


def _like(pattern: str, command: str) -> bool:
    """``git status *`` fits ``git status`` too."""
    return fnmatchcase(command, pattern) or (pattern.endswith(" *") and command == pattern[:-2])


# --- what to propose --------------------------------------------------------------------------------------

# fmt: off
_WITH_ACTIONS: Final = frozenset(
    {
        "apt", "cargo", "docker", "gh", "git", "go", "kubectl", "make", "npm", "npx", "pip", "pip3", "pnpm",
        "poetry", "systemctl", "uv", "yarn",
    }
)
# fmt: on
"""Programs whose next word says what they do."""
# fmt: off
_AS_THEY_ARE: Final = frozenset(
    {
        ".", "awk", "bash", "builtin", "bun", "busybox", "chmod", "chown", "command", "cp", "curl", "dash",
        "dd", "deno", "doas", "env", "eval", "exec", "find", "fish", "flock", "gawk", "ionice", "kill", "ksh",
        "ln", "lua", "mawk", "mv", "nc", "ncat", "nice", "node", "nohup", "openssl", "parallel", "perl", "php",
        "pypy", "python", "rm", "rmdir", "rsync", "ruby", "runuser", "scp", "script", "sed", "setsid", "sh",
        "shred", "socat", "source", "ssh", "stdbuf", "strace", "su", "sudo", "tar", "taskset", "tclsh", "tee",
        "timeout", "truncate", "unshare", "vi", "vim", "watch", "wget", "xargs", "zsh",
    }
)
# fmt: on
"""Programs that can be told to run, send, overwrite or delete anything."""


def proposal(text: str) -> str | None:
    """A pattern for commands like this one: its first words, where they say something. None: there is none."""
    found = simple(text)
    if found is None or len(found) != 1:
        return None
    first, *rest = shlex.split("".join(found))
    program = first.rpartition("/")[2].rstrip("0123456789.") or first
    if not _AS_THEY_ARE.isdisjoint({first, program}) or shlex.quote(first) != first:
        return None
    if first in _WITH_ACTIONS:
        return f"{first} {rest[0]} *" if rest and rest[0].isalpha() else None
    return f"{first} *"
