"""Failures the product foresees: the command line prints their text and exits with 1, without a traceback."""


class StarpodError(Exception):
    """Base of every failure that is the person's to mend. Its text says what to do."""


class WorkspaceError(StarpodError):
    """No agent could be found or laid out on disk where one was asked for."""


class NoProject(WorkspaceError):
    """Neither the directory nor any above it has to do with Starpod."""
