"""Who reads which topics."""

from . import native, sensorthings
from .messages import Reader

READERS: dict[str, Reader] = {
    native.ROOT: native.read,
    sensorthings.ROOT: sensorthings.read,
}
"""By the first level of the topic."""
