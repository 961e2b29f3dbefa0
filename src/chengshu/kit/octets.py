"""Numbers and bits that byte protocols share: binary coded decimals, byte order, single bits."""


def bcd_digits(octets: bytes) -> str:
    """Two decimal digits per byte, most significant first.

    Raises ValueError when a half byte is over 9.
    """
    digits = octets.hex()
    if digits and not digits.isdecimal():
        raise ValueError(f"{digits} is not binary coded decimal")
    return digits


def bcd_octets(digits: str, size: int) -> bytes:
    """*digits* padded with zeros on the left to *size* bytes.

    Raises ValueError for anything but ASCII digits and for more than two digits a byte.
    """
    if digits and not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{digits!r} is not a run of decimal digits")
    if len(digits) > 2 * size:
        raise ValueError(f"{digits!r} has more than {2 * size} digits")
    return bytes.fromhex(digits.zfill(2 * size))


def bit(word: int, number: int) -> bool:
    """Whether bit *number* of *word* is set; bit 0 is the least significant."""
    return bool(word >> number & 1)


def bits_set(word: int) -> tuple[int, ...]:
    """The numbers of the bits of *word* that are 1, ascending."""
    return tuple(number for number in range(word.bit_length()) if word >> number & 1)


def xor(octets: bytes) -> int:
    """The exclusive-or of all bytes; 0 for none."""
    width = len(octets)
    folded = int.from_bytes(octets, "big")
    while width > 1:
        half = (width + 1) // 2
        folded = (folded >> 8 * half) ^ (folded & ((1 << 8 * half) - 1))
        width = half
    return folded
