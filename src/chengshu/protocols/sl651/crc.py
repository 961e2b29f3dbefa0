"""The check of SL 651-2014, clause 6.2.3.13: CRC-16 with the polynomial A001, start FFFF."""


def _entry(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (0xA001 if octet & 1 else 0)
    return octet


_TABLE = tuple(_entry(octet) for octet in range(256))


def crc16(octets: bytes) -> int:
    """Sent high byte first, unlike in Modbus."""
    crc = 0xFFFF
    for octet in octets:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc
