"""What a SensorThings request can get wrong."""

from chengshu.kit.errors import CityError, Conflict


class Malformed(CityError):
    """The address, an option or the body does not follow the standard."""

    code, status = "sta-malformed", 400


class NotOffered(CityError):
    """The standard has it, or an extension of it; this server does not."""

    code, status = "sta-not-offered", 501


class OfTheLedger(Conflict):
    """The ledger's own record: it is changed and retired there."""

    code = "sta-of-the-ledger"
