"""What a class of settings says of its table that neither a name nor a type can say."""

from typing import Any, Final

import attrs

OTHERS: Final = "others"


def others() -> Any:
    """A field for all other keys of its table, by their names: whatever the class does not name itself."""
    return attrs.field(factory=dict[str, Any], metadata={OTHERS: True})


def takes_others(field: "attrs.Attribute[Any]") -> bool:
    """Whether a field is one of these."""
    return OTHERS in field.metadata
