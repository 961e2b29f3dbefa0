"""Who reads which topics."""

from collections.abc import Callable

from chengshu.core.access.policy import Actor

from . import native, sensorthings
from .messages import Message, Reader

READERS: dict[str, Reader] = {
    native.ROOT: native.read,
    sensorthings.ROOT: sensorthings.read,
}
"""By the first level of the topic."""

Maker = Callable[[Actor, Message], str | None]
"""Makes what one message asks for, durably; the reason when it is refused. Raises Transient, after
which it is asked again."""

MAKERS: dict[str, Maker] = {}
"""Who makes what was set aside, by the first level of the topic."""
