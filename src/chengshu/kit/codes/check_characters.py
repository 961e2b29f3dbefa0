"""Check characters of ISO/IEC 7064 (GB/T 17710)."""


def hybrid(text: str, alphabet: str) -> str:
    """Check character of *text* in the hybrid system MOD M+1,M, where M is the alphabet's size.

    Digits give MOD 11,10; digits and capital letters give MOD 37,36. Finds every single wrong
    character and nearly every swap of neighbours. Raises ``ValueError`` for a character outside
    *alphabet*.
    """
    size = len(alphabet)
    product = size
    for character in text:
        total = (product + alphabet.index(character)) % size or size
        product = total * 2 % (size + 1)
    return alphabet[(size + 1 - product) % size]


def mod_11_2(digits: str) -> str:
    """Check character of *digits* in the pure system MOD 11-2: a digit, or X for ten.

    Raises ``ValueError`` for what is no digit.
    """
    product = 0
    for digit in digits:
        product = (product + int(digit)) * 2 % 11
    return "0123456789X"[(12 - product) % 11]
