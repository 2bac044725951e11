"""Text of a model, a tool or a person never runs and never leaves its place."""

from playwright.sync_api import expect

from tests.browser.agent import Agent, Model
from tests.browser.window import Window

HOSTILE = """
<script>window.pwned = 1</script>
<img src=x onerror="window.pwned = 1">
<svg onload="window.pwned = 1"><script>window.pwned = 1</script></svg>
<iframe srcdoc="<script>parent.pwned = 1</script>"></iframe>
<a href="javascript:window.pwned = 1" onclick="window.pwned = 1">press</a>
[here](javascript:window.pwned%20=%201) <form action="javascript:window.pwned=1"><button>go</button></form>
<style>body { display: none }</style><base href="http://evil.invalid/">
![picture](http://evil.invalid/pixel.png)

```html
<script>window.pwned = 1</script>
```

The end.
"""


def test_nothing_that_is_said_can_run_as_code(window: Window, agent: Agent, model: Model) -> None:
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    (agent.place.home / "evil.html").write_text(HOSTILE)
    model.script(
        {"think": [HOSTILE], "calls": [{"name": "FileRead", "input": {"path": "evil.html"}}]},
        {"say": [HOSTILE[:100], HOSTILE[100:300], HOSTILE[300:]]},
    )
    window.ask(HOSTILE)
    expect(window.turns.last.locator(".answer")).to_contain_text("The end.")
    window.tool("FileRead").click()
    expect(window.page.get_by_role("region", name="Output")).to_contain_text("<script>")
    for place in (window.place, window.place):
        window.go(place)
        expect(window.turns.last.locator(".answer")).to_contain_text("The end.")
    for link in window.turns.last.locator(".answer a[href]").all():
        assert (link.get_attribute("href") or "").startswith(("http:", "https:", "mailto:", "#", "/"))
    assert window.page.evaluate("window.pwned") is None
    within = window.page.locator("main")
    for forbidden in (
        "script",
        "iframe",
        "form:not(.composer)",
        "[onerror]",
        "[onload]",
        "[onclick]",
        "base",
    ):
        expect(within.locator(forbidden)).to_have_count(0)
    assert [url for url in asked if "evil.invalid" in url] == []
