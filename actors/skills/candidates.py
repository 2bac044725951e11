"""Skills of a package as they are shown before they are installed. Pure; loaded when somebody looks at one."""

from actors.skills import document, folder, rights, scan, store
from actors.skills.folder import MAIN
from actors.skills.library import Card
from actors.skills.messages import Asks, Candidate
from actors.skills.packages import Package


def candidate(package: Package, there: Card | None) -> Candidate:
    """A skill of a package, and what there is to know before it takes the place of the one that is there."""
    tree = package.tree
    said = document.parse_file(tree[MAIN].data, package.name) if tree else None
    return Candidate(
        name=package.name,
        description="" if said is None else said.description,
        license=None if said is None else said.license,
        digest=folder.digest(tree),
        size=sum(len(file.data) for file in tree.values()),
        files=store.resources(tree),
        asks=scan.asks(tree) if tree else Asks(),
        findings=scan.findings(tree) if tree else (),
        exists=there is not None,
        refused=package.refused or (None if there is None else rights.fixed(there)),
    )
