import os
from pathlib import Path

import pytest

from actors.cron.files import NAMES, File, asks_nothing, read
from actors.cron.messages import LONGEST_FILE, Builtin


@pytest.mark.parametrize(
    "content",
    [
        "",
        " \n\t\n",
        "# Heartbeat",
        "# Heartbeat\n\n## Mornings ##\n###### Six\n   # indented\n#\n#\tafter a tab",
        "<!-- one line -->",
        "<!--\nseveral\n\n- lines\n-->\n# Heartbeat\n",
        "<!-- one --> <!-- another -->",
        "# Heartbeat <!--\ncheck the mail\n-->",
        "<!-- without an end\n- check the mail",
        "\r\n# Heartbeat\r\n<!-- a\r\nb -->\r\n",
    ],
)
def test_headings_comments_and_blank_lines_ask_for_nothing(content: str) -> None:
    assert asks_nothing(content)
    assert File(content).prompt == ""


@pytest.mark.parametrize(
    "content",
    [
        "Check the mail.",
        "# Heartbeat\n\n- Check the mail.",
        "<!-- a --> Check <!-- b -->",
        "-->",
        "#hashtag",
        "####### seven",
        "    # code",
        "# Heartbeat\n\n-",
        "\u200b",
    ],
)
def test_anything_else_is_something_to_do(content: str) -> None:
    assert not asks_nothing(content)
    assert File(content).prompt == content


@pytest.mark.parametrize("job", NAMES)
def test_a_file_is_found_beside_the_soul(tmp_path: Path, job: Builtin) -> None:
    assert read(tmp_path, job) == File()

    (tmp_path / f"{job.upper()}.md").write_text("<!-- why -->\nCheck the mail.\n")

    assert read(tmp_path, job) == File("<!-- why -->\nCheck the mail.")


def test_so_many_characters_count(tmp_path: Path) -> None:
    (tmp_path / "BOOT.md").write_text("𝄞" * (LONGEST_FILE + 1))

    assert read(tmp_path, "boot") == File("𝄞" * LONGEST_FILE)


def test_odd_bytes_are_told_and_the_rest_counts(tmp_path: Path) -> None:
    (tmp_path / "BOOT.md").write_bytes(b"Greet J\xfcrgen\0")

    assert read(tmp_path, "boot") == File(
        "Greet J\N{REPLACEMENT CHARACTER}rgen\0", "BOOT.md is not UTF-8 at byte 7"
    )


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "HEARTBEAT.md")

    found = read(tmp_path, "heartbeat")

    assert (found.prompt, found.fault) == ("", "HEARTBEAT.md could not be read: it is not a file")
