"""What of a reply is new."""

import pytest

from actors.email.quotes import reply_of


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("At five.", "At five."),
        ("At five.\n\n> When?\n> Tell me.\n", "At five."),
        ("At five.\n\nOn Monday, 2 March, Ada <ada@example.org> wrote:\n\n> When?\n>\n> x\n\n", "At five."),
        ("At five.\n\nOn Monday, 2 March 2026 at 10:00, Ada\n<ada@example.org> wrote:\n> When?", "At five."),
        ("At five.\n\nAm Mo., 2. März 2026 um 10:00 Uhr schrieb Ada:\n> Wann?", "At five."),
        ("At five.\nOn Monday at 10 Ada wrote:\n> When?", "At five.\nOn Monday at 10 Ada wrote:"),
        ("Look:\n> When?", "Look:"),
        ("On 2 March, a@b wrote:\n> When?", "On 2 March, a@b wrote:\n> When?"),
        ("> When?\nAt five.\n> Where?\nHere.", "> When?\nAt five.\n> Where?\nHere."),
        ("> When?\n> Where?", "> When?\n> Where?"),
        ("At five.\n\n-----Original Message-----\nFrom: Ada\n\nWhen?", "At five."),
        ("At five.\n--- Ursprüngliche Nachricht ---\nWann?", "At five."),
        ("-----Original Message-----\nWhen?", "-----Original Message-----\nWhen?"),
        ("Begin forwarded message:\n\nFrom: Ada\n\nWhen?", "Begin forwarded message:\n\nFrom: Ada\n\nWhen?"),
        ("At five.\n\nFine\n> When?", "At five.\n\nFine"),
        ("", ""),
        ("a\n\n\n\nb: 1\nc\nd\n> e", "a\n\n\n\nb: 1\nc\nd"),
    ],
)
def test_only_what_is_beyond_doubt_is_cut_off(text: str, new: str) -> None:
    assert reply_of(text) == new
