"""Front door of the tools subsystem: files in the agent's home, and what may be known of its environment.

What people have sent lies in ``uploads/``, in a folder of each user, which is not there for anybody else.

Paths are relative to home, with forward slashes; a `file_path` and the path of a search may also be absolute, within
home. What is absolute otherwise, ``..``, anything called ``.starpod`` and symbolic links that lead out of home are
refused with :class:`InvalidPath`.
"""

from .changing import Deleted, Edit, Edited, FileDelete, FileWrite, Write, Written
from .checkpoints import (
    KeepAll,
    KeepingFailed,
    Kept,
    ListUndoable,
    NotPutBack,
    PutBack,
    TurnIsRunning,
    Undo,
    Undoable,
    Undone,
)
from .common import FOLDERS, MAX_LOADED, UPLOADS
from .environment import EnvGet
from .errors import (
    AmbiguousName,
    AttachmentRefused,
    AttachmentsDisabled,
    AttachmentTooLarge,
    BadPattern,
    ChangedMeanwhile,
    ExtensionNotAllowed,
    FileError,
    FileNotFound,
    FileSystemRefused,
    FileTooLarge,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
    NothingToEdit,
    NotText,
    Restricted,
    TextNotFound,
    TextNotUnique,
)
from .finding import Entry, FileList, Found, Glob, Grep, Listing, OutputMode
from .handing import Attach, Attached, LoadFile, Locate, Located, SaveUpload, SentFile
from .reading import DocumentFile, FileRead, FileText, ImageFile, ImageType, Read

__all__ = [
    "FOLDERS",
    "MAX_LOADED",
    "UPLOADS",
    "AmbiguousName",
    "Attach",
    "Attached",
    "AttachmentRefused",
    "AttachmentTooLarge",
    "AttachmentsDisabled",
    "BadPattern",
    "ChangedMeanwhile",
    "Deleted",
    "DocumentFile",
    "Edit",
    "Edited",
    "Entry",
    "EnvGet",
    "ExtensionNotAllowed",
    "FileDelete",
    "FileError",
    "FileList",
    "FileNotFound",
    "FileRead",
    "FileSystemRefused",
    "FileText",
    "FileTooLarge",
    "FileWrite",
    "Found",
    "Glob",
    "Grep",
    "ImageFile",
    "ImageType",
    "InvalidPath",
    "IsADirectory",
    "KeepAll",
    "KeepingFailed",
    "Kept",
    "ListUndoable",
    "Listing",
    "LoadFile",
    "Locate",
    "Located",
    "NotADirectory",
    "NotARegularFile",
    "NotPutBack",
    "NotText",
    "NothingToEdit",
    "OutputMode",
    "PutBack",
    "Read",
    "Restricted",
    "SaveUpload",
    "SentFile",
    "TextNotFound",
    "TextNotUnique",
    "TurnIsRunning",
    "Undo",
    "Undoable",
    "Undone",
    "Write",
    "Written",
]
