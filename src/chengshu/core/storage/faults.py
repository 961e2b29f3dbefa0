"""What can go wrong with object storage. A folder raises OSError."""

from chengshu.kit.errors import Terminal, Transient


class StorageAway(Transient):
    """The object storage does not answer, or answers that it cannot now."""

    code = "storage-unreachable"


class StorageRefuses(Terminal):
    """The object storage knows no such bucket, or the key must not do this there."""

    code = "storage-refuses"
