"""What the device protocols do with spoilt frames: how fast, what they raise, what they keep.

``python bench/protocol_fuzz.py [--frames 10000000] [--processes 2] [--seed 1]`` feeds random and
changed frames to every codec and to its reader. Half of the changed frames get a right check again,
so that their content is read. With the public vectors in the folder *shared* the changes start from
those, otherwise from the few frames below. Exit code 1 when anything but a refusal was raised; the
seed printed with it makes the same frames again.
"""

import argparse
import gc
import json
import random
import resource
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from os import cpu_count
from pathlib import Path
from typing import Protocol

from chengshu.kit.codec import Codec, Spoilt
from chengshu.kit.octets import xor
from chengshu.protocols import cjt188, dlt645, gb26875, hj212, jt808, sl651
from chengshu.protocols.hj212.frame import framed
from chengshu.protocols.jt808.frame import escaped
from chengshu.protocols.sl651.crc import crc16

BATCH = 50_000
WARM_UP = 5_000
TRACED = 20_000
KIB = 1024


class Reads(Protocol):
    def feed(self, chunk: bytes) -> list[bytes | Spoilt]: ...

    @property
    def held(self) -> int: ...


def summed(content: bytes) -> bytes:
    return content + bytes((sum(content[content.find(0x68) :]) & 0xFF, 0x16))


@dataclass(frozen=True)
class Subject:
    """*sealed* makes a whole frame with a right check of what *opened* takes from a frame."""

    codec: Codec
    reader: Callable[[], Reads]
    vectors: str
    seeds: tuple[bytes, ...]
    opened: Callable[[bytes], bytes]
    sealed: Callable[[bytes], bytes]


SUBJECTS = {
    subject.codec.name: subject
    for subject in (
        Subject(
            hj212.CODEC,
            hj212.Reader,
            "hj212",
            (framed(b"QN=20260101000000000;ST=31;CN=2011;PW=1;MN=M;Flag=5;CP=&&a34004-Rtd=35&&"),),
            lambda frame: frame[6:-6],
            framed,
        ),
        Subject(
            jt808.CODEC,
            jt808.Reader,
            "jt808",
            (bytes.fromhex("7e0002000001391234567800072d7e"),),
            lambda frame: frame[1:-2],
            lambda content: b"\x7e" + escaped(content + bytes((xor(content),))) + b"\x7e",
        ),
        Subject(
            gb26875.CODEC,
            gb26875.Reader,
            "gb26875",
            (
                gb26875.encode(
                    gb26875.Frame(
                        serial=1,
                        time=gb26875.Stamp(2, 3, 4, 5, 6, 26),
                        source=889,
                        destination=88888,
                        command=2,
                        unit=gb26875.RawUnit(
                            bytes.fromhex("030101010102030403f4010203040506") + b"\x1a", ""
                        ),
                    )
                ),
            ),
            lambda frame: frame[2:-3],
            lambda content: b"@@" + content + bytes((sum(content) & 0xFF,)) + b"##",
        ),
        Subject(
            sl651.CODEC,
            sl651.Reader,
            "sl651",
            (
                sl651.encode(
                    sl651.Frame(
                        is_up=True,
                        centre=1,
                        station="0012345678",
                        password=1,
                        function=0x32,
                        end=3,
                        text=bytes.fromhex(
                            "0001260101000000f1f1001234567848f0f026010100003923000144203812"
                        ),
                    )
                ),
            ),
            lambda frame: frame[:-2],
            lambda content: content + crc16(content).to_bytes(2, "big"),
        ),
        Subject(
            dlt645.CODEC,
            dlt645.Reader,
            "meters",
            (dlt645.encode(dlt645.read("123456789012", "00010000")),),
            lambda frame: frame[:-2],
            summed,
        ),
        Subject(
            cjt188.CODEC,
            cjt188.Reader,
            "meters",
            (cjt188.encode(cjt188.read("78330011223344", 0, meter_type=0x10)),),
            lambda frame: frame[:-2],
            summed,
        ),
    )
}


@dataclass(frozen=True)
class Outcome:
    """*kept* is the most a reader held, *grown* what the process gained in bytes."""

    frames: int
    good: int
    seconds: float
    kept: int
    grown: int


def seeds(subject: Subject, shared: Path) -> list[bytes]:
    path = shared / "protocols" / "vectors" / "public" / f"{subject.vectors}.json"
    if not path.is_file():
        return list(subject.seeds)
    cases = json.loads(path.read_text(encoding="utf-8"))
    texts = (case.get("frame_hex") or case["frame_ascii"] for case in cases if case["valid"])
    return [*subject.seeds, *(_octets(text) for text in texts)]


def _octets(text: str) -> bytes:
    return text.encode() if text.startswith("##") else bytes.fromhex(text)


def spoilt(subject: Subject, good: list[bytes], chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(120))
    is_sealed = chance.random() < 0.5
    frame = chance.choice(good)
    octets = bytearray(subject.opened(frame) if is_sealed else frame)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(octets) + 1), chance.randint(1, 8)
        change = chance.random()
        if change < 0.2:
            del octets[at : at + size]
        elif change < 0.4:
            octets[at:at] = chance.randbytes(size)
        else:
            octets[at : at + 1] = chance.randbytes(1)
    return subject.sealed(bytes(octets)) if is_sealed else bytes(octets)


def run(name: str, count: int, seed: int, shared: Path) -> Outcome:
    """Decode *count* frames; the time to make them is not counted."""
    subject = SUBJECTS[name]
    good_frames, chance = seeds(subject, shared), random.Random(seed)
    reader, good, kept, seconds = subject.reader(), 0, 0, 0.0
    before = _resident()
    for number in range(count):
        octets = spoilt(subject, good_frames, chance)
        began = time.perf_counter()
        good += subject.codec.decode(octets).valid
        reader.feed(octets)
        seconds += time.perf_counter() - began
        kept = max(kept, reader.held)
        if number == WARM_UP:
            before = _resident()
    return Outcome(count, good, seconds, kept, _resident() - before)


def traced(name: str, seed: int, shared: Path) -> int:
    """Bytes that Python still holds after TRACED frames more than after the first of them."""
    run(name, WARM_UP, seed, shared)
    tracemalloc.start()
    run(name, 1, seed, shared)
    gc.collect()
    first, _ = tracemalloc.get_traced_memory()
    run(name, TRACED, seed, shared)
    gc.collect()
    last, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return last - first


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def batches(frames: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """The work in pieces: codec, frames and a seed of its own."""
    share = -(-frames // len(SUBJECTS))
    for first in range(0, share, BATCH):
        for number, name in enumerate(SUBJECTS):
            yield name, min(BATCH, share - first), seed + first * len(SUBJECTS) + number


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    args = parser.parse_args()

    outcomes: dict[str, list[Outcome]] = {name: [] for name in SUBJECTS}
    raised: Counter[str] = Counter()
    with ProcessPoolExecutor(args.processes) as pool:
        work = list(batches(args.frames, args.seed))
        futures = [pool.submit(run, *piece, args.shared) for piece in work]
        for (name, _count, seed), future in zip(work, futures, strict=True):
            if error := future.exception():
                raised[name] += 1
                print(f"{name}, seed {seed}: {error!r}")
            else:
                outcomes[name].append(future.result())
        grown = dict(
            zip(
                SUBJECTS,
                pool.map(traced, SUBJECTS, cycle([args.seed]), cycle([args.shared])),
                strict=True,
            )
        )

    print(
        f"{'codec':<10}{'frames':>12}{'good':>8}{'frames/s':>10}{'raised':>8}"
        f"{'held, B':>10}{'RSS, KiB':>10}{'Python, B':>11}"
    )
    for name, found in outcomes.items():
        frames, seconds = sum(o.frames for o in found), sum(o.seconds for o in found)
        share = sum(o.good for o in found) / max(frames, 1)
        print(
            f"{name:<10}{frames:>12,}{share:>8.0%}{frames / max(seconds, 1e-9):>10,.0f}"
            f"{raised[name]:>8}{max((o.kept for o in found), default=0):>10,}"
            f"{max((o.grown for o in found), default=0) // KIB:>10,}{grown[name]:>11,}"
        )
    return 1 if raised else 0


if __name__ == "__main__":
    sys.exit(main())
