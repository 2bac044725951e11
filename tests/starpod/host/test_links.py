"""Links in the folder of an instance: those that lead out of it are refused before anything is written there."""

from pathlib import Path

import pytest

from starpod.host import links


@pytest.mark.parametrize(
    "at", [".starpod", ".starpod/config", ".starpod/skills/a/SKILL.md", "home", "home/x"]
)
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, at: str) -> None:
    place, blueprint = tmp_path / "place", tmp_path / "blueprint"
    (blueprint / "files" / "x").mkdir(parents=True)
    (place / at).parent.mkdir(parents=True)
    links.refuse(place, blueprint)
    (place / at).symlink_to("inside")
    links.refuse(place, blueprint)
    (place / at).unlink()
    (place / at).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(links.LeadsOut, match=f"{at} leads out"):
        links.refuse(place, blueprint)


def test_other_links_of_the_agent_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "place/home").mkdir(parents=True)
    (tmp_path / "place/home/python").symlink_to("/usr/bin/python3")
    links.refuse(tmp_path / "place", tmp_path / "none")
