"""What can go wrong in the lake.

LakeError
+-- Unavailable     the store does not answer, for now: try again
+-- Refused         the store says no for good: permission, quota, a full disk
+-- Overtaken       another writer has committed in our place
+-- Broken          what is there contradicts itself
+-- Unsuitable      the rows, or what is asked for, do not fit the data set
"""


class LakeError(Exception):
    """The lake cannot do what it was asked."""


class Unavailable(LakeError):
    """The store does not answer, or not yet; the same call may succeed later."""


class Refused(LakeError):
    """The store refuses, and would again: no permission, no quota, no space."""


class Overtaken(LakeError):
    """Another writer has committed under this number."""


class Broken(LakeError):
    """A manifest, or a file it names, is damaged or missing."""


class Unsuitable(LakeError):
    """Rows that do not fit what the data set holds, or a data set that there is not."""
