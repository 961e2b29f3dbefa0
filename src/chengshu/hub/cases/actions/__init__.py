"""Every way a case changes: intake, handling, and the steps that leave its state."""

from . import handling, intake, overlays

__all__ = ["handling", "intake", "overlays"]
