"""Pages of other sites, open beside ours in the same browser, which has signed in: ``docs/security.md``."""

import base64
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.agent import Agent

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ATTACK = """<!doctype html>
<title>Win a prize</title>
<iframe name="sink"></iframe>
<script>
const agent = "AGENT";
const results = window.results = {};
const attempt = async (name, what) => { results[name] = await what().catch(() => "refused"); };
const loads = (tag, path) => () => new Promise((yes, no) => {
  const element = document.createElement(tag);
  element.onload = () => yes("loaded");
  element.onerror = () => no();
  element.src = agent + path;
  document.documentElement.append(element);
});
const say = (type) => () => fetch(`${agent}/api/chat`, {
  method: "POST", mode: type === "application/json" ? "cors" : "no-cors", credentials: "include",
  headers: {"Content-Type": type}, body: JSON.stringify({text: "pwned"}),
}).then((answer) => answer.type === "opaque" ? "sent" : answer.status);
const form = (encoding, path) => async () => {
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", enctype: encoding, action: agent + path, target: "sink"});
  const field = document.createElement("input");
  Object.assign(field, {name: '{"text": "pwned", "x": "', value: '"}'});
  form.append(field);
  document.documentElement.append(form);
  const answered = new Promise((yes) => { document.querySelector("iframe").onload = () => yes("sent"); });
  form.submit();
  return answered;
};
const socket = () => new Promise((yes, no) => {
  const socket = new WebSocket(`${agent.replace("http", "ws")}/ws`);
  socket.onopen = () => yes("open");
  socket.onerror = () => no();
});
window.done = (async () => {
  const known = {credentials: "include"};
  await attempt("reads", () => fetch(`${agent}/api/sessions`, known).then((answer) => answer.status));
  await attempt("says json", say("application/json"));
  await attempt("says text", say("text/plain"));
  await attempt("form", form("text/plain", "/api/chat"));
  await attempt("form of files", form("multipart/form-data", "/api/uploads"));
  await attempt("socket", socket);
  await attempt("script", loads("script", "/api/config"));
  await attempt("picture", loads("img", "/api/files/raw?path=picture.png"));
})();
</script>
"""


def visit(context: BrowserContext, agent: Agent, address: str) -> tuple[Page, dict[str, Any]]:
    """Open the attack at an address, and wait for what it comes to."""
    context.route(
        address,
        lambda route: route.fulfill(content_type="text/html", body=ATTACK.replace("AGENT", agent.url)),
    )
    page = context.new_page()
    page.goto(address)
    page.evaluate("window.done")
    return page, page.evaluate("window.results")


@pytest.mark.parametrize(
    "address",
    ["http://evil.example/attack", "http://127.0.0.1:1/attack"],
    ids=["another site", "another port"],
)
def test_a_page_elsewhere_cannot_act_as_whoever_is_signed_in(
    context: BrowserContext, agent: Agent, address: str
) -> None:
    (agent.place.home / "picture.png").write_bytes(PICTURE)
    before = agent.get("/api/sessions")
    page, results = visit(context, agent, address)
    sent = {name for name, found in results.items() if found == "sent"}  # a form hears no answer
    assert (len(results), sent, set(results.values())) == (8, {"form", "form of files"}, {"refused", "sent"})
    assert agent.get("/api/sessions") == before
    assert list((agent.place.home / "downloads").glob("*")) == []
    page.evaluate("(url) => { document.querySelector('iframe').src = url; }", agent.url)
    page.wait_for_load_state("networkidle")
    assert all(frame.locator("#app").count() == 0 for frame in page.frames), (
        "our page is shown within another one"
    )


def test_a_name_that_was_bound_anew_to_this_machine_reaches_nothing(
    context: BrowserContext, agent: Agent
) -> None:
    """DNS rebinding: what the page asks its own host for, the daemon answers; for the browser it is one origin."""
    port = agent.daemon.address.rpartition(":")[2]
    host = f"http://evil.example:{port}"
    page, _ = visit(context, agent, f"{host}/attack")
    for path in ("/", "/api/health", "/api/config", "/api/sessions", "/api/auth/verify"):
        assert page.evaluate("(path) => fetch(path).then((answer) => answer.status)", path) == 403
    said = page.evaluate("fetch('/api/chat', {method: 'POST', body: '{}'}).then((answer) => answer.status)")
    assert said == 403
    socket = """new Promise((yes) => {
      const socket = new WebSocket(`ws://${location.host}/ws`);
      socket.onopen = () => yes("open");
      socket.onerror = () => yes("refused");
    })"""
    assert page.evaluate(socket) == "refused"
