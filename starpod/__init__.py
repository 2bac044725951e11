"""Starpod: a personal-agent daemon. This package is the product: command line, configuration, workspace, tree."""

__version__ = "0.1.0"
