"""Writes the pages of the reference that the program can tell itself; a test says when they are out of date."""

from collections.abc import Iterator
from pathlib import Path

from actors.agent.messages import TURN_EVENTS
from actors.console.messages import Tap
from actors.gateway.client_frames import ClientMessage
from actors.gateway.protocol import EVENT_FIELDS, SECTION_LIMITS, SECTIONS, SERVER_FRAMES, wire
from actors.skills import bundle
from actors.skills.document import parse_file
from actors.skills.library import digest_of
from scripts import description
from scripts.interface import endpoint_table, field_table, filled, frame_table
from scripts.protocol import page_types, section_types
from scripts.settings_page import settings_page
from starpod.blueprint import ephemeral_instance
from starpod.cli import manual
from starpod.cli.bus.messages import markdown
from starpod.reference import messages
from starpod.tree import ENDPOINTS

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
INTERFACE = ROOT / "actors" / "gateway" / "interface"
PAGE_TYPES = ROOT / "actors" / "gateway" / "web" / "src" / "protocol.ts"


def bundled() -> Iterator[tuple[str, bytes]]:
    """The skills that come along."""
    for path in sorted(bundle.HOME.glob("*/SKILL.md")):
        yield path.parent.name, path.read_bytes()


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page, and what it should say."""
    yield PAGE_TYPES, page_types()
    yield INTERFACE / "frames.json", description.text(description.frames())
    yield INTERFACE / "openapi.json", description.text(description.openapi(ENDPOINTS))
    for name, values in SECTIONS.items():
        yield (
            ROOT / "actors" / name / "page" / "protocol.ts",
            section_types(values, SECTION_LIMITS.get(name, {})),
        )
    texts = {name: (REFERENCE / name).read_text(encoding="utf-8") for name in ("http.md", "websocket.md")}
    for name, section, table in (
        ("http.md", "endpoints", endpoint_table(ENDPOINTS)),
        ("websocket.md", "message", field_table(ClientMessage, "field")),
        ("websocket.md", "frames", frame_table(wire.forms[kind] for kind in SERVER_FRAMES)),
        ("websocket.md", "events", frame_table((wire.forms[kind] for kind in TURN_EVENTS), EVENT_FIELDS)),
        ("websocket.md", "tap", field_table(Tap, "query")),
    ):
        texts[name] = filled(texts[name], section, table)
    for name, text in texts.items():
        yield REFERENCE / name, text
    yield REFERENCE / "cli.md", manual.page()
    yield REFERENCE / "settings.md", settings_page()
    yield bundle.READ, bundle.written({digest_of(data): parse_file(data, name) for name, data in bundled()})
    with ephemeral_instance() as instance:
        yield REFERENCE / "messages.md", markdown(messages(instance))


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
