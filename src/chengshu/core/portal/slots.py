"""Slots of the portal: what other apps show a user first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chengshu.core.access.policy import Actor
from chengshu.core.words import Words
from chengshu.kit.registry import Registry


@dataclass(frozen=True)
class Slot:
    """A part of the portal. *context* feeds *template*, or is None when there is nothing to show.

    It is left out for actors without *permission*.
    """

    name: str
    title: Words
    template: str
    permission: str
    context: Callable[[Actor], Mapping[str, Any] | None]
    order: int = 100


slots: Registry[Slot] = Registry("portal slot", Slot)


def register_slot(slot: Slot) -> Slot:
    return slots.add(slot.name, slot)
