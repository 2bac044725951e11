"""Front door of the skills: what there is, what they say, who changes them, where they come from.

A skill is *shared*, which everybody's agent sees, or *of one user*, whose agent alone sees it. Models write the latter;
an admin makes one shared by approving it. What comes with Starpod or with the blueprint is read and never changed.
"""

from .activating import Expand, Folder, ListFolders, Skills
from .errors import (
    BadSkill,
    ChangedMeanwhile,
    NotGenerated,
    NothingToChange,
    NotYours,
    PackageRefused,
    SkillExists,
    SkillsFailed,
    UnknownResource,
    UnknownRevision,
    UnknownSkill,
)
from .generating import Draft, GenerateRole, GenerateSkill, RoleDraft, RoleSkill
from .history import ListRevisions, ReadRevision, RevertSkill, Revision, RevisionText
from .listing import (
    LARGEST_TEXT,
    GetSkill,
    ListAllSkills,
    ListSkills,
    Origin,
    ReadResource,
    Resource,
    Skill,
    SkillDetail,
)
from .packages import Asks, Candidate, Finding, InspectPackage, InstallSkill
from .tools import Listed, SkillActivate, SkillCreate, SkillDelete, SkillList, SkillRead, SkillUpdate
from .writing import (
    ApproveSkill,
    Changed,
    CreateSkill,
    DeleteSkill,
    SkillsChanged,
    UpdateSkill,
)

__all__ = [
    "LARGEST_TEXT",
    "ApproveSkill",
    "Asks",
    "BadSkill",
    "Candidate",
    "Changed",
    "ChangedMeanwhile",
    "CreateSkill",
    "DeleteSkill",
    "Draft",
    "Expand",
    "Finding",
    "Folder",
    "GenerateRole",
    "GenerateSkill",
    "GetSkill",
    "InspectPackage",
    "InstallSkill",
    "ListAllSkills",
    "ListFolders",
    "ListRevisions",
    "ListSkills",
    "Listed",
    "NotGenerated",
    "NotYours",
    "NothingToChange",
    "Origin",
    "PackageRefused",
    "ReadResource",
    "ReadRevision",
    "Resource",
    "RevertSkill",
    "Revision",
    "RevisionText",
    "RoleDraft",
    "RoleSkill",
    "Skill",
    "SkillActivate",
    "SkillCreate",
    "SkillDelete",
    "SkillDetail",
    "SkillExists",
    "SkillList",
    "SkillRead",
    "SkillUpdate",
    "Skills",
    "SkillsChanged",
    "SkillsFailed",
    "UnknownResource",
    "UnknownRevision",
    "UnknownSkill",
    "UpdateSkill",
]
