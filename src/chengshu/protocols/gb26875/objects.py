"""The objects of every application type of GB/T 26875.3-2011, section 8."""

from dataclasses import dataclass
from typing import ClassVar

from chengshu.kit.octets import bits_set

from .layouts import Layout, number, octets, time
from .stamps import Stamp
from .tables import ANALOGUES, COMPONENT_TYPES, SYSTEM_TYPES, Analogue


@dataclass(frozen=True)
class OfSystem(Layout):
    system_type: int = number()
    system_address: int = number()

    @property
    def system_name(self) -> str:
        return SYSTEM_TYPES.get(self.system_type, "")


@dataclass(frozen=True)
class SystemState(OfSystem):
    TITLE: ClassVar = "state of a system"
    state: int = number(2)
    time: Stamp = time()


@dataclass(frozen=True)
class OfComponent(OfSystem):
    component_type: int = number()
    component: bytes = octets(4)

    @property
    def component_name(self) -> str:
        return COMPONENT_TYPES.get(self.component_type, "")


@dataclass(frozen=True)
class ComponentState(OfComponent):
    TITLE: ClassVar = "state of a component"
    state: int = number(2)
    description: bytes = octets(31)
    time: Stamp = time()


@dataclass(frozen=True)
class AnalogueValue(OfComponent):
    TITLE: ClassVar = "analogue value of a component"
    analog_type: int = number()
    value_raw: int = number(2, signed=True)
    time: Stamp = time()

    @property
    def quantity(self) -> Analogue | None:
        return ANALOGUES.get(self.analog_type)

    @property
    def value(self) -> float | None:
        """In the unit of the quantity; None for a quantity that the standard does not know."""
        return self.value_raw / self.quantity.counts if self.quantity else None


@dataclass(frozen=True)
class SystemOperation(OfSystem):
    TITLE: ClassVar = "operation of a system"
    operation: int = number()
    operator: int = number()
    time: Stamp = time()


@dataclass(frozen=True)
class SystemVersion(OfSystem):
    TITLE: ClassVar = "software version of a system"
    major: int = number()
    minor: int = number()


@dataclass(frozen=True)
class SystemConfiguration(OfSystem):
    TITLE: ClassVar = "configuration of a system"
    description: bytes = octets(0)


@dataclass(frozen=True)
class ComponentConfiguration(OfComponent):
    TITLE: ClassVar = "configuration of a component"
    description: bytes = octets(31)


@dataclass(frozen=True)
class SystemClock(OfSystem):
    TITLE: ClassVar = "clock of a system"
    time: Stamp = time()


@dataclass(frozen=True)
class DeviceState(Layout):
    TITLE: ClassVar = "state of the transmission device"
    state: int = number()
    time: Stamp = time()


@dataclass(frozen=True)
class DeviceOperation(Layout):
    TITLE: ClassVar = "operation of the transmission device"
    operation: int = number()
    operator: int = number()
    time: Stamp = time()

    @property
    def answers_duty_check(self) -> bool:
        return 5 in bits_set(self.operation)


@dataclass(frozen=True)
class DeviceVersion(Layout):
    TITLE: ClassVar = "software version of the transmission device"
    major: int = number()
    minor: int = number()


@dataclass(frozen=True)
class DeviceConfiguration(Layout):
    TITLE: ClassVar = "configuration of the transmission device"
    description: bytes = octets(0)


@dataclass(frozen=True)
class DeviceClock(Layout):
    TITLE: ClassVar = "clock of the transmission device"
    time: Stamp = time()


@dataclass(frozen=True)
class ReadSystem(OfSystem):
    """Asks for the state, version, configuration or clock of one system."""

    TITLE: ClassVar = "request to a system"


@dataclass(frozen=True)
class ReadComponent(OfSystem):
    """Asks for one component; the standard sends no component type here."""

    TITLE: ClassVar = "request to a component"
    component: bytes = octets(4)


@dataclass(frozen=True)
class ReadSystemOperations(OfSystem):
    TITLE: ClassVar = "request for operations of a system"
    number: int = number()
    time: Stamp = time()


@dataclass(frozen=True)
class ToDevice(Layout):
    """A request or order to the device that says nothing more; the byte is 0."""

    TITLE: ClassVar = "request to the transmission device"
    spare: int = number()


@dataclass(frozen=True)
class ReadDeviceOperations(Layout):
    TITLE: ClassVar = "request for operations of the transmission device"
    number: int = number()
    time: Stamp = time()


@dataclass(frozen=True)
class SetClock(Layout):
    TITLE: ClassVar = "setting of the clock"
    time: Stamp = time()


@dataclass(frozen=True)
class DutyCheck(Layout):
    """Asks for the guard, who presses a key within *minutes*."""

    TITLE: ClassVar = "duty check"
    minutes: int = number()
