"""Frames out of the stream of one connection."""

import re

from chengshu.kit.framing import FrameReader, Framing

from .frames import LONGEST, check, measure

FRAMING = Framing(re.compile(rb"\x7e(?:\x7e|\Z)|\x01"), measure, check, LONGEST)


class Reader(FrameReader):
    """Cuts the stream of one connection into frames of either encoding."""

    def __init__(self) -> None:
        super().__init__(FRAMING)
