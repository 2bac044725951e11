"""The provider that needs none: it answers a few phrases by itself."""
