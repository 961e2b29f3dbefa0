"""The check of HJ 212-2017 Annex A: polynomial A001, but not the CRC of Modbus.

The register is shifted by a whole byte before a byte meets it, so only its high byte is carried
on: with H for "the high byte after eight shifts" every step is ``carried = H(carried ^ byte)``.
H is linear over exclusive-or, hence a segment may be halved as long as it is worth it: bytes that
are 2**k apart are joined by H applied 2**k times, all of a half at once.
"""

_SMALL = 32


def _entry(low: int) -> int:
    for _ in range(8):
        low = low >> 1 ^ (0xA001 if low & 1 else 0)
    return low


def _doublings(step: bytes, times: int) -> list[bytes]:
    """*step* as a table applied 1, 2, 4, … times."""
    tables = [step]
    for _ in range(times):
        tables.append(tables[-1].translate(tables[-1]))
    return tables


_TABLE = tuple(_entry(low) for low in range(256))
_HIGH = bytes(word >> 8 for word in _TABLE)
_POWERS = _doublings(_HIGH, 16)


def modbus(segment: bytes) -> int:
    """The CRC of Modbus, which some loggers send by mistake."""
    register = 0xFFFF
    for octet in segment:
        register = register >> 8 ^ _TABLE[(register ^ octet) & 0xFF]
    return register


def crc(segment: bytes) -> int:
    """The check of a data segment of less than 128 KiB; FFFF for an empty one."""
    if not segment:
        return 0xFFFF
    folded = bytes((segment[0] ^ 0xFF,)) + segment[1:]
    while len(folded) > _SMALL:
        power = (len(folded) - 1).bit_length() - 1
        half = 1 << power
        front = int.from_bytes(folded[:-half].translate(_POWERS[power]), "big")
        folded = (front ^ int.from_bytes(folded[-half:], "big")).to_bytes(half, "big")
    carried, table = 0, _HIGH
    for octet in folded[:-1]:
        carried = table[carried ^ octet]
    return _TABLE[carried ^ folded[-1]]
