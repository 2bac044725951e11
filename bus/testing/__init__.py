"""Helpers to test actors with: a bus in miniature whose books are checked at the end."""

from bus.testing.mesh import MeshUnderTest, open_test_mesh

__all__ = ["MeshUnderTest", "open_test_mesh"]
