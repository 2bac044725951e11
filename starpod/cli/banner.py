"""What ``serve`` and ``dev`` print once the agent listens."""

from typing import TYPE_CHECKING

from starpod.cli.output import paint

if TYPE_CHECKING:
    from starpod.config import Config
    from starpod.workspace import Instance


IN_CLEAR = "nothing here is encrypted, so whoever is on the way can read it: see [gateway.tls]"


def banner(
    instance: "Instance",
    config: "Config",
    url: str,
    model: str,
    link: str,
    *,
    overheard: bool = False,
    shell: str = "",
) -> str:
    """Where everything is.

    `link` opens the page, once; `overheard` says that others can read what is said, `shell` how commands run.
    """
    from actors.agent.settings import Settings as AgentSettings
    from actors.persona.settings import Settings as PersonaSettings

    effort = config.of(AgentSettings).reasoning_effort
    rows = [
        ("Web page", link),
        ("", "this link is good once, and for a minute; `starpod open` gives another"),
        ("API", f"{url}/api"),
        ("WebSocket", f"{url.replace('http', 'ws', 1)}/ws"),
        *([("", IN_CLEAR)] if overheard else []),
        ("Model", model),
    ]
    if effort:
        rows.append(("Thinking", effort))
    if shell:
        rows.append(("Shell", shell))
    rows += [("Home", str(instance.home_dir)), ("Databases", str(instance.db_dir))]
    lines = [f"  {paint(f'{config.of(PersonaSettings).agent_name} is running', 'bold')}", ""]
    lines += [f"  {paint(f'{name:<10}', 'dim')} {value}" for name, value in rows]
    return "\n".join(["", *lines, ""])
