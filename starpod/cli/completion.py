"""``starpod completion``: what a shell needs to complete commands, options and names."""

import argparse
import contextlib
import importlib
import shlex
from collections.abc import Iterator
from typing import Any, Final, cast, final

import attrs

from starpod.cli.output import printable, say
from starpod.errors import StarpodError

SHELLS: Final = ("bash", "zsh", "fish")
HOW: Final = """\
For good:
  bash  starpod completion bash > ~/.local/share/bash-completion/completions/starpod
  zsh   starpod completion zsh > "${fpath[1]}/_starpod"
  fish  starpod completion fish > ~/.config/fish/completions/starpod.fish

For this shell:
  bash, zsh  source <(starpod completion bash)   or zsh
  fish       starpod completion fish | source

Names of conversations, jobs and skills come from the running agent; without one there are none.
"""
NAMES: Final = {"session": "sessions", "resume": "sessions"}
"""Options, by where argparse keeps their value, and what is asked for to complete it."""
NAMED: Final = {"cron": "jobs", "skill": "skills"}
"""Commands whose NAME is that of something."""
MOST: Final = 100
"""Names that are offered."""
PATIENCE: Final = 1.0
"""Seconds that somebody who has pressed a key waits for them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod completion`` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HOW
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.add_argument("--names", choices=("sessions", "jobs", "skills", "agents"), help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Print the script; or, for the script, the names of something."""
    if args.names:
        # A shell that completes has no place for what went wrong.
        with contextlib.suppress(StarpodError, OSError):
            for name in _names(args.names):
                say(name)
        return 0
    say(script(args.shell))
    return 0


def _names(kind: str) -> Iterator[str]:
    """Names that can be typed without quotes."""
    from pathlib import Path

    if kind == "agents":
        from starpod.workspace import find_workspace

        workspace = find_workspace(Path.cwd())
        folders = sorted((workspace / "agents").iterdir()) if workspace else []
        yield from (folder.name for folder in folders if (folder / "agent.toml").is_file())
        return
    from starpod.cli.client import Client
    from starpod.cli.target import find_instance, live_daemon

    client = Client(live_daemon(find_instance(None)))
    path = {"sessions": "/api/sessions", "jobs": "/api/cron/jobs", "skills": "/api/skills"}[kind]
    limit = MOST if kind == "sessions" else None
    for each in client.get(path, patience=PATIENCE, limit=limit)[:MOST]:
        name = each["id"][:8] if kind == "sessions" else each["name"]
        if printable(name) == name and shlex.quote(name) == name:
            yield name


# --- what there is ------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Place:
    """What may follow a command, or an action of one."""

    path: str
    """Such as ``cron runs``; empty for ``starpod`` itself."""
    below: dict[str, str]
    """Commands or actions, and what they do."""
    options: dict[str, str]
    values: dict[str, str]
    """What completes the value of an option: words, ``@`` and what is asked for, or nothing for a file."""
    names: str = ""
    """The same of what stands without an option."""


def places() -> list[Place]:
    """All of them, ``starpod`` first."""
    from starpod.cli.main import COMMANDS, Command

    found = [Place(path="", below=dict(COMMANDS), options={"--help": "", "--version": ""}, values={})]
    for name in COMMANDS:
        parser = _parser(name)
        cast("Command", importlib.import_module(f"starpod.cli.{name}")).add_arguments(parser)
        found += _places(name, parser)
    return found


def _parser(name: str) -> argparse.ArgumentParser:
    from starpod.cli.bus import ActionParser

    return ActionParser(prog=name)


def _places(path: str, parser: argparse.ArgumentParser) -> Iterator[Place]:
    from starpod.cli.bus import ActionParser

    if isinstance(parser, ActionParser):
        parser.load()
    below: dict[str, argparse.ArgumentParser] = {}
    helps: dict[str, str] = {}
    options: dict[str, str] = {}
    values: dict[str, str] = {}
    names = ""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            below = cast("dict[str, argparse.ArgumentParser]", action.choices)
            helps = {each.dest: each.help or "" for each in action._choices_actions}  # noqa: SLF001 - likewise
        elif action.help != argparse.SUPPRESS and action.option_strings:
            for option in action.option_strings:
                options[option] = (action.help or "").split(";")[0]
                if action.nargs != 0:
                    values[option] = _value(path, action)
        elif not action.option_strings and not names:
            names = _value(path, action)
    yield Place(
        path=path,
        below={name: helps.get(name, "") for name in below},
        options=options,
        values=values,
        names=names,
    )
    for name, inside in below.items():
        yield from _places(f"{path} {name}", inside)


def _value(path: str, action: argparse.Action) -> str:
    if action.choices is not None:
        return " ".join(map(str, cast("Any", action.choices)))
    if action.dest == "agent" and action.metavar != "PATH":
        return "@agents"
    if action.dest in NAMES:
        return f"@{NAMES[action.dest]}"
    command = path.partition(" ")[0]
    return f"@{NAMED[command]}" if action.dest == "name" and command in NAMED else ""


# --- scripts ------------------------------------------------------------------------------------------------


def script(shell: str) -> str:
    """The script of one shell. Words in it are quoted, wherever they are from."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](places())


def _case(lines: dict[str, str]) -> str:
    """The arms of a ``case``, one for each that has something to say."""
    return "\n".join(f"        {shlex.quote(name)}) {do} ;;" for name, do in lines.items() if do)


def _tables(found: list[Place]) -> dict[str, str]:
    """What the functions of bash and zsh look up: by path, or by path and option."""
    words = {place.path: f"echo {shlex.quote(' '.join([*place.below, *place.options]))}" for place in found}
    values: dict[str, str] = {}
    for place in found:
        for option, value in place.values.items():
            values[f"{place.path}|{option}"] = f"echo {shlex.quote(value or '@files')}"
        if place.names:
            values[f"{place.path}|"] = f"echo {shlex.quote(place.names)}"
    inside = {place.path: "return 0" for place in found}
    return {"words": _case(words), "values": _case(values), "inside": _case(inside)}


_COMMON: Final = """\
_starpod_words() {{
    case "$1" in
{words}
    esac
}}

_starpod_values() {{
    case "$1|$2" in
{values}
    esac
}}

_starpod_is_place() {{
    case "$1" in
{inside}
    esac
    return 1
}}

# What may stand after these words: a line of words, @files, or @ and what the agent is to be asked for.
_starpod_offer() {{
    local place="" word previous="" value
    for word in "$@"; do
        if [ "${{word#-}}" = "$word" ] && _starpod_is_place "${{place:+$place }}$word"; then
            place="${{place:+$place }}$word"
        fi
        previous="$word"
    done
    value=""
    case "$previous" in -*) value="$(_starpod_values "$place" "$previous")" ;; esac
    if [ -z "$value" ]; then
        _starpod_words "$place"
        value="$(_starpod_values "$place" "")"
    fi
    case "$value" in
        @files | "") ;;
        @*) starpod completion {name} --names "${{value#@}}" 2>/dev/null ;;
        *) echo "$value" ;;
    esac
}}
"""


def _bash(found: list[Place]) -> str:
    return (
        "# Completion of starpod for bash.\n"
        + _COMMON.format(name="bash", **_tables(found))
        + """
_starpod() {
    local current="${COMP_WORDS[COMP_CWORD]}"
    local offered
    offered="$(_starpod_offer "${COMP_WORDS[@]:1:COMP_CWORD-1}")"
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
}

complete -o default -F _starpod starpod"""
    )


def _zsh(found: list[Place]) -> str:
    return (
        "#compdef starpod\n# Completion of starpod for zsh.\n"
        + _COMMON.format(name="zsh", **_tables(found))
        + """
_starpod() {
    local -a offered
    offered=(${=$(_starpod_offer "${(@)words[2,CURRENT-1]}")})
    (( ${#offered} )) && compadd -- "${offered[@]}" && return
    [[ "$PREFIX" == -* ]] || _files
}

if [ "${funcstack[1]}" = "_starpod" ]; then
    _starpod "$@"
else
    compdef _starpod starpod
fi"""
    )


def _fish(found: list[Place]) -> str:
    lines = [
        "# Completion of starpod for fish.",
        "function __starpod_at",
        "    set -l place",
        "    for word in (commandline -opc)[2..]",
        "        string match -q -- '-*' $word; and continue",
        "        if contains -- (string join ' ' $place $word) $__starpod_places",
        "            set place $place $word",
        "        end",
        "    end",
        '    test (string join " " $place) = "$argv[1]"',
        "end",
        f"set -g __starpod_places {' '.join(_fish_quoted(place.path) for place in found if place.path)}",
    ]
    for place in found:
        at = f"complete -c starpod -n {_fish_quoted(f'__starpod_at {_fish_quoted(place.path)}')}"
        lines += [f"{at} -f -a {name} -d {_fish_quoted(what)}" for name, what in place.below.items()]
        lines += [
            _fish_option(at, option, what, place.values.get(option)) for option, what in place.options.items()
        ]
        if place.names:
            lines.append(f"{at} -f -a {_fish_quoted(_fish_values(place.names))}")
    return "\n".join(lines)


def _fish_option(at: str, option: str, what: str, value: str | None) -> str:
    long = option.startswith("--")
    flag = f"-l {option[2:]}" if long else f"-s {option[1:]}"
    takes = "" if value is None else " -r" if not value else f" -x -a {_fish_quoted(_fish_values(value))}"
    return f"{at} {flag}{takes} -d {_fish_quoted(what)}"


def _fish_values(value: str) -> str:
    return f"(starpod completion fish --names {value[1:]} 2>/dev/null)" if value.startswith("@") else value


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
