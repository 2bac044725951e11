"""What a person should know of a skill from elsewhere before it is used: what it asks for, and what is odd in it. Pure.

Patterns find what is careless or clumsy; they are no proof of the contrary, and the report does not say so.
"""

import re
from collections.abc import Iterator
from typing import Final

from actors.skills import unseen
from actors.skills.document import parse_file
from actors.skills.folder import MAIN, Tree
from actors.skills.messages import Asks, Finding
from actors.skills.messages.packages import FindingKind

SCRIPTS: Final = (
    *(".py", ".sh", ".bash", ".zsh", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".php", ".ps1", ".bat"),
    *(".cmd", ".lua", ".r", ".awk", ".exe", ".dll", ".so", ".dylib", ".jar", ".wasm"),
)
MOST_FINDINGS: Final = 100
LONGEST_LINE: Final = 2000
"""Characters of a line that are looked at."""
_URL: Final = re.compile(r"https?://([A-Za-z0-9.-]{1,253})")
_VARIABLE: Final = re.compile(
    r"""(?:\$\{?|environ(?:\.get)?[\[(]\s*['"]|getenv\(\s*['"]|process\.env\.|export\s+)([A-Z][A-Z0-9_]{2,63})\b"""
)
_NAMED: Final = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?))\b")
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|AUTH")
_USUAL: Final = frozenset(
    {"PATH", "HOME", "PWD", "USER", "TMPDIR", "SHELL", "LANG", "TERM", "EOF", "IFS", "PYTHONPATH"}
)
_REMOTE: Final = re.compile(
    r"""(?ix) \b(?:curl|wget|iwr|invoke-webrequest)\b [^|;&\n]{0,300} \| \s* (?:sudo\s+)?
              (?:env\s+)? (?:ba|z|da|k)?sh\b
      | \b(?:curl|wget)\b [^|;&\n]{0,300} \| \s* (?:sudo\s+)? (?:python3?|node|perl|ruby)\b
      | \b(?:ba|z)?sh \s+ (?:-c\s+)? ["']? (?:<\(|\$\() \s* (?:curl|wget)\b
      | \b(?:iex|invoke-expression)\b
      | \beval \s* [("'`]* \s* \$? \(? \s* (?:curl|wget)\b
      | \b(?:exec|eval)\s*\( [^)\n]{0,100} (?:urlopen|requests\.get|httpx|base64|b64decode|fetch\()
      | \bbase64\s+(?:-d|--decode)\b [^|\n]{0,200} \| \s* (?:ba|z)?sh\b
    """
)
_NETWORK: Final = re.compile(
    r"(?i)\b(?:curl|wget|urllib\.request|urlopen|requests\.(?:get|post|put)|httpx|aiohttp|fetch\(|axios"
    r"|invoke-webrequest|socket\.(?:socket|create_connection)|ftplib|smtplib|nc\s+-)"
)
_INSTALL: Final = re.compile(
    r"(?i)\b(?:pip3?|uv|pipx)\s+(?:install|run)\b|\bnpm\s+(?:i|install)\b|\bnpx\s+|\bapt(?:-get)?\s+install\b|\bbrew\s+install\b"
)
_INJECTION: Final = re.compile(
    r"""(?ix) \b(?:ignore|disregard|forget|override)\b .{0,40}
              \b(?:previous|prior|above|earlier|all|any|system|other)\b .{0,30}
              \b(?:instructions?|prompts?|rules?|guidelines?|messages?)\b
      | \b(?:do\s+not|don'?t|never)\s+(?:tell|inform|show|mention|reveal|let)\b .{0,40}
              \b(?:the\s+)?(?:user|person|human|owner|anyone)\b
      | \bwithout\s+(?:telling|asking|informing)\s+the\s+(?:user|person|owner)\b
      | \byou\s+are\s+now\b .{0,40} \b(?:unrestricted|jailbroken|dan|developer\s+mode)\b
      | <\|?(?:im_start|im_end|system|endoftext|start_header_id)\|?> | \[/?INST\] | <</?SYS>>
      | \b(?:send|post|upload|exfiltrate|forward)\b .{0,60}
              (?:\b(?:passwords?|api\s*keys?|secrets?|credentials?|private\s+keys?|environment\s+variables?)|\.env)\b
    """
)


def asks(tree: Tree) -> Asks:
    """What a skill wants to use, as far as its files say so."""
    document = parse_file(tree[MAIN].data, "")
    texts = [text for path in tree if (text := _text(tree, path)) is not None]
    hosts = {host.lower().strip(".") for text in texts for host in _URL.findall(text)}
    variables = {name for text in texts for name in _VARIABLE.findall(text)} - _USUAL
    variables |= {name for text in texts for name in _NAMED.findall(text)}
    secrets = {name for name in variables if _SECRET.search(name)}
    return Asks(
        tools=document.allowed_tools,
        hosts=tuple(sorted(host for host in hosts if "." in host)),
        secrets=tuple(sorted(secrets)),
        variables=tuple(sorted(variables - secrets)),
        scripts=tuple(path for path in tree if is_script(tree, path)),
        compatibility=document.compatibility,
    )


def is_script(tree: Tree, path: str) -> bool:
    """Whether a file is made to be run."""
    file = tree[path]
    return path.lower().endswith(SCRIPTS) or file.executable or file.data[:2] == b"#!"


def _text(tree: Tree, path: str) -> str | None:
    """None for what is no text."""
    data = tree[path].data
    try:
        return None if b"\0" in data[:8192] else data.decode()
    except UnicodeDecodeError:
        return None


def findings(tree: Tree) -> tuple[Finding, ...]:
    """What is odd, by file and line; the first hundred."""
    document = parse_file(tree[MAIN].data, "")
    found = [_finding(MAIN, 1, "problem", each) for each in document.problems if "calls it" not in each]
    for each in _all(tree):
        found.append(each)
        if len(found) >= MOST_FINDINGS:
            break
    return tuple(found)


def _all(tree: Tree) -> Iterator[Finding]:
    for path in tree:
        text = _text(tree, path)
        if text is None:
            if is_script(tree, path):
                yield _finding(path, 1, "problem", "a program that cannot be read")
            continue
        for n, line in enumerate(text.split("\n"), 1):
            yield from _in_line(path, n, line[:LONGEST_LINE], is_code=is_script(tree, path))


def _in_line(path: str, n: int, line: str, *, is_code: bool) -> Iterator[Finding]:
    if codes := unseen.codes(line.removeprefix("\ufeff") if n == 1 else line):
        yield _finding(path, n, "hidden", f"characters that nobody sees, or that turn text around: {codes}")
    if _REMOTE.search(line):
        yield _finding(path, n, "remote_code", f"fetches code and runs it: {_shown(line)}")
    elif is_code and (_NETWORK.search(line) or _INSTALL.search(line)):
        yield _finding(path, n, "network", f"uses the network: {_shown(line)}")
    if _INJECTION.search(line):
        yield _finding(path, n, "injection", f"speaks to the model over your head: {_shown(line)}")


def _shown(line: str) -> str:
    text = " ".join("".join(each if each.isprintable() else "�" for each in line.strip()).split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def _finding(file: str, line: int, kind: FindingKind, text: str) -> Finding:
    return Finding(file=file, line=line, kind=kind, text=text)
