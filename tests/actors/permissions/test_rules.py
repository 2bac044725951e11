"""What is decided about calls without asking anybody."""

from typing import Any

import pytest

from actors.guarding import Allow, Ask, Deny, Proposal
from actors.permissions.rules import decide
from actors.permissions.settings import Permissions, Rule
from actors.tooling import CallContext, Effect
from actors.vocabulary import ToolUse

EXPIRES = 5


def proposal(
    tool: str = "Bash",
    subject: str = "git status",
    acts_on: str = "command",
    *,
    effect: Effect = "unsafe",
    outside: tuple[str, ...] = (),
    known: str = "",
    **fields: Any,
) -> Proposal:
    delegates, outward = fields.pop("delegates", False), fields.pop("outward", False)
    context: dict[str, Any] = {
        "session": "s",
        "turn": "t",
        "user": "ada",
        "role": "user",
        "channel": "main",
        "source": "web",
        "call": "t:1",
        **fields,
    }
    input = {acts_on: subject} if acts_on else {}
    return Proposal(
        call=ToolUse(id="c", name=tool, input=input),
        input=input,
        effect=effect,
        acts_on=acts_on,
        delegates=delegates,
        outward=outward,
        context=CallContext(outside=outside, **context),
        heard=lambda text: text == known,
    )


def said(*rules: Rule, about: Proposal, **settings: Any) -> str:
    match decide(Permissions(rules=rules, **settings), "/srv/home", about):
        case Allow(by=by):
            return f"allow by {by}"
        case Ask(by=by):
            return f"ask by {by}"
        case Deny(by=by):
            return f"deny by {by}"


# --- where there is no rule -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (proposal("FileRead", "a", "path", effect="pure"), "allow"),
        (proposal("MemoryWrite", "", "", effect="local"), "allow"),
        (proposal("FileWrite", "a", "path"), "allow"),
        (proposal("Edit", "a", "file_path"), "allow"),
        (proposal("FileDelete", "a", "path"), "allow"),
        (proposal("Agent", "", "", effect="keyed", delegates=True), "allow"),
        (proposal("Send", "", "", effect="keyed"), "ask"),
        (proposal("Bash"), "ask"),
        (proposal("mcp__x__y", "", ""), "ask"),
        (proposal("WebFetch", "https://a.b", "url", effect="pure"), "allow"),
    ],
)
def test_what_reads_and_what_can_be_put_back_is_allowed_and_anything_else_asked_about(
    about: Proposal, expected: str
) -> None:
    assert said(about=about) == f"{expected} by default"


def test_where_nobody_can_be_asked_the_model_is_told_why_not() -> None:
    verdict = decide(Permissions(), "", proposal(channel="scheduler"))
    assert isinstance(verdict, Deny)
    assert verdict.by == "channel"
    assert "nobody can be asked on the channel scheduler" in verdict.reason
    assert said(about=proposal(channel="telegram")) == "ask by default"
    assert said(about=proposal(channel="email"), asks_on=("email",)) == "ask by default"
    assert said(about=proposal("FileWrite", "a", "path", channel="scheduler")) == "allow by default"


# --- words from outside -----------------------------------------------------------------------------------

OUTSIDE = ("WebFetch", "email")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (proposal("FileWrite", "a", "path", outside=OUTSIDE), "ask by outside"),
        (proposal("MemoryWrite", "", "", effect="local", outside=OUTSIDE), "ask by outside"),
        (proposal("FileRead", "a", "path", effect="pure", outside=OUTSIDE), "allow by default"),
        (proposal("Attach", "a", "path", effect="pure", outside=OUTSIDE), "allow by default"),
        (proposal("Agent", "", "", effect="keyed", delegates=True, outside=OUTSIDE), "allow by default"),
        (proposal("WebFetch", "https://a.b/?x", "url", effect="pure", outside=OUTSIDE), "ask by outside"),
        (
            proposal("WebFetch", "https://a.b", "url", effect="pure", outside=OUTSIDE, known="https://a.b"),
            "allow by default",
        ),
        (proposal("mcp__x__read", "", "", effect="pure", outside=OUTSIDE, outward=True), "ask by outside"),
        (proposal("mcp__x__read", "", "", effect="pure", outward=True), "allow by default"),
        (proposal("FileWrite", "a", "path", outside=OUTSIDE, channel="scheduler"), "deny by channel"),
    ],
)
def test_a_change_that_others_may_want_is_asked_about(about: Proposal, expected: str) -> None:
    assert said(about=about) == expected
    assert said(about=about, outside="allow") == "allow by default"


def test_a_rule_allows_a_change_among_words_from_outside_only_if_it_says_so() -> None:
    about = proposal("FileWrite", "a", "path", outside=OUTSIDE)
    plain, meant = (
        Rule(tool="FileWrite", decision="allow"),
        Rule(tool="FileWrite", outside=True, decision="allow"),
    )
    assert said(plain, about=about) == "ask by outside"
    assert said(meant, about=about) == "allow by rule 1"
    assert said(meant, plain, about=proposal("FileWrite", "a", "path")) == "allow by rule 2"
    assert said(plain, about=about, outside="allow") == "allow by rule 1"
    assert said(Rule(tool="FileWrite", outside=False, decision="deny"), about=about) == "ask by outside"
    assert said(Rule(tool="FileWrite", decision="deny"), about=about) == "deny by rule 1"


def test_why_a_person_is_asked_names_where_the_words_came_from() -> None:
    verdict = decide(Permissions(), "", proposal("FileWrite", "a", "path", outside=OUTSIDE))
    assert isinstance(verdict, Ask)
    assert verdict.reason == "words from outside (WebFetch, email) may be what asks for it"


# --- rules ------------------------------------------------------------------------------------------------


def test_the_first_rule_that_is_about_a_call_decides() -> None:
    rules = (
        Rule(tool="Bash", pattern="git push *", decision="ask"),
        Rule(tool="Bash", pattern="git *", decision="allow"),
        Rule(tool="B*", decision="deny"),
    )
    assert said(*rules, about=proposal(subject="git push origin")) == "ask by rule 1"
    assert said(*rules, about=proposal(subject="git status")) == "allow by rule 2"
    assert said(*rules, about=proposal(subject="git status; rm x")) == "deny by rule 3"
    assert said(*rules, about=proposal(subject="git x $(git push)")) == "ask by rule 1"
    assert said(*rules, about=proposal("Other", "", "")) == "ask by default"


@pytest.mark.parametrize(
    ("rule", "is_about"),
    [
        (Rule(channel="main", decision="deny"), True),
        (Rule(channel="telegram", decision="deny"), False),
        (Rule(role="user", decision="deny"), True),
        (Rule(role="admin", decision="deny"), False),
        (Rule(tool="bash", decision="deny"), False),
    ],
)
def test_a_rule_is_about_what_all_it_says_fits(rule: Rule, is_about: bool) -> None:  # noqa: FBT001
    assert said(rule, about=proposal()) == ("deny by rule 1" if is_about else "ask by default")


def test_a_rule_about_a_tool_is_about_its_other_name() -> None:
    rule = Rule(tool="FileWrite", pattern="secrets/*", decision="deny")
    for tool, acts_on in (("FileWrite", "path"), ("Write", "file_path")):
        assert said(rule, about=proposal(tool, "/srv/home/secrets/a", acts_on)) == "deny by rule 1"
        assert said(rule, about=proposal(tool, "a", acts_on)) == "allow by default"


def test_reasons_name_the_rule() -> None:
    denied = decide(Permissions(rules=(Rule(tool="Bash", decision="deny"),)), "", proposal())
    asked = decide(Permissions(rules=(Rule(tool="Bash", pattern="git *"),)), "", proposal())
    assert isinstance(denied, Deny)
    assert isinstance(asked, Ask)
    assert denied.reason == "the owner of this agent does not allow it (Bash)"
    assert asked.reason == "the owner of this agent wants to be asked (Bash git *)"


def test_an_input_that_is_no_text_fits_no_pattern() -> None:
    about = proposal()
    listed = Proposal(call=about.call, input={"command": ["git"]}, effect="unsafe", context=about.context)
    assert said(Rule(pattern="git *", decision="allow"), about=listed) == "ask by default"


def test_a_rule_says_of_itself_what_it_says() -> None:
    assert str(Rule(tool="Bash", pattern="git *", outside=False)) == (
        "{tool = 'Bash', pattern = 'git *', outside = False, decision = 'ask'}"
    )
