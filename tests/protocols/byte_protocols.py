"""The byte protocols side by side, and ways to spoil their frames on purpose."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from chengshu.kit.codec import BadFrame
from chengshu.protocols import cjt188, dlt645, gb26875, sl651
from chengshu.protocols.sl651.crc import crc16


def _sum_sealed(frame: bytearray, first: int, tail: int) -> bytes:
    if len(frame) > tail:
        frame[-tail] = sum(frame[first:-tail]) & 0xFF
    return bytes(frame)


def _meter_sealed(frame: bytearray) -> bytes:
    return _sum_sealed(frame, max(frame.find(0x68), 0), 2)


def _crc_sealed(frame: bytearray) -> bytes:
    return bytes(frame[:-2]) + crc16(bytes(frame[:-2])).to_bytes(2, "big")


@dataclass(frozen=True)
class ByteProtocol:
    """*sealed* gives a frame the check it should have, so that spoilt content is read at all."""

    name: str
    module: ModuleType
    vectors: str
    standards: tuple[str, ...]
    sealed: Callable[[bytearray], bytes]
    longest: int

    def cases(self, shared: Path) -> list[dict[str, Any]]:
        path = shared / "protocols" / "vectors" / "public" / f"{self.vectors}.json"
        cases = json.loads(path.read_text(encoding="utf-8"))
        return [case for case in cases if case.get("protocol", "").startswith(self.standards)]

    def frames(self, shared: Path) -> list[bytes]:
        """The good whole frames."""
        good = [c for c in self.cases(shared) if c["valid"] and c.get("layer") != "app_unit"]
        return [bytes.fromhex(case["frame_hex"]) for case in good]

    def is_whole(self, octets: bytes) -> bool:
        try:
            self.module.decode(octets)
        except BadFrame:
            return False
        return True


PROTOCOLS = (
    ByteProtocol(
        "gb26875", gb26875, "gb26875", ("",), lambda frame: _sum_sealed(frame, 2, 3), 1054
    ),
    ByteProtocol("sl651", sl651, "sl651", ("",), _crc_sealed, 4124),
    ByteProtocol("dlt645", dlt645, "meters", ("DL/T",), _meter_sealed, 271),
    ByteProtocol("cjt188", cjt188, "meters", ("CJ/T",), _meter_sealed, 272),
)


def spoilt(protocol: ByteProtocol, frame: bytes, chance: random.Random) -> bytes:
    """*frame* with a few bytes changed, cut, doubled or made up; half of them sealed again."""
    octets = bytearray(frame)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(octets) + 1)
        match chance.randrange(5):
            case 0:
                del octets[at : at + chance.randint(1, 8)]
            case 1:
                octets[at:at] = chance.randbytes(chance.randint(1, 8))
            case 2:
                octets[at:at] = octets[: chance.randint(0, 20)]
            case _:
                octets[at : at + 1] = chance.randbytes(1)
    return protocol.sealed(octets) if chance.random() < 0.5 else bytes(octets)
