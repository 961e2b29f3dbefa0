"""The one write path: permission, transaction, history, audit and outbox in one place."""

from .action import Action, action, actions

__all__ = ["Action", "action", "actions"]
