"""Helpers to test actors with: a bus in miniature whose books are checked at the end."""

from bus.message.redactor import forget_secrets as forget_secrets
from bus.testing.mesh import (
    MeshUnderTest as MeshUnderTest,
    open_test_mesh as open_test_mesh,
    start_child as start_child,
)
