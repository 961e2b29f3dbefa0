"""One connection: frames in, answers out in their order, limits for whoever breaks the rules."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import Counter

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.kit.errors import CityError

from .gathering import Gatherer, Outcome
from .heard import BAD, NOT_STORED, SENT, TAKEN, UNKNOWN, Heard, Session
from .logbook import Entry, Logbook

FRAMES = Counter(
    "chengshu_device_frames", "Frames of devices by what became of them", ["protocol", "verdict"]
)

CHUNK = 16_384
UNFINISHED_SECONDS = 5.0
"""A frame of which nothing has come for so long is given up."""
TICK_SECONDS = 2.0
MOST_UNANSWERED = 64
MOST_REFUSED = 20
MOST_SPOILT = 64
"""Spoilt pieces in a row after which nothing sensible is expected any more."""
FRAMES_A_SECOND = 50.0
BURST = 200.0


@dataclass(frozen=True)
class Limits:
    """Seconds until the first good frame, and for an answer to be taken off our hands."""

    first_seconds: float = 30.0
    write_seconds: float = 10.0


class HungUpError(Exception):
    """The conversation is over: the device broke a rule or went silent."""


class Allowance:
    """How fast one connection may send: FRAMES_A_SECOND in the long run, BURST at once."""

    def __init__(self) -> None:
        self._left = BURST
        self._at = time.monotonic()

    def seconds_to_wait(self) -> float:
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * FRAMES_A_SECOND)
        self._at = now
        self._left -= 1
        return max(0.0, -self._left / FRAMES_A_SECOND)


@dataclass(frozen=True)
class _Owed:
    """An answer that waits for its frame to be kept."""

    heard: Heard
    frame: bytes
    at: datetime
    kept: "asyncio.Future[Outcome] | None"


class Conversation:
    """Talks with one device until either side ends it.

    Answers leave in the order of their frames, each after what its frame said is durable. At most
    MOST_UNANSWERED frames wait for that; then nothing more is read.
    """

    def __init__(
        self,
        session: Session,
        gatherer: Gatherer,
        logbook: Logbook,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: Limits,
    ) -> None:
        self.session = session
        self._gatherer = gatherer
        self._logbook = logbook
        self._reader, self._writer = streams
        self._limits = limits
        self._owed: asyncio.Queue[_Owed | None] = asyncio.Queue(MOST_UNANSWERED)
        self._allowance = Allowance()
        self._heard_at = self._began_at = time.monotonic()
        self._is_proven = False
        self._refused = self._spoilt = 0
        self._silent_since = time.monotonic()

    async def hold(self) -> None:
        """Talk until the end; answers that are owed by then are still given."""
        answering = asyncio.create_task(self._answer())
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({answering, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            if not answering.done():
                await self._settle(answering)

    async def _settle(self, answering: "asyncio.Task[None]") -> None:
        try:
            async with asyncio.timeout(self._limits.write_seconds):
                await self._owed.put(None)
                await asyncio.shield(answering)
        except (TimeoutError, HungUpError, OSError):
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def order(self, words: Sequence[str]) -> None:
        """Send the device an order of the platform."""
        await self._tell(self.session.order(words, datetime.now(UTC)))

    async def _listen(self) -> None:
        try:
            while True:
                await self._read()
        except (HungUpError, OSError):
            return

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(TICK_SECONDS):
                chunk = await self._reader.read(CHUNK)
        except TimeoutError:
            await self._idle()
            return
        if not chunk:
            raise HungUpError
        self._heard_at = time.monotonic()
        await self._work_off(self.session.reader.feed(chunk))
        self._check_patience()

    async def _idle(self) -> None:
        now = time.monotonic()
        if self.session.reader.held and now - self._heard_at > UNFINISHED_SECONDS:
            await self._work_off(self.session.reader.idle())
        for frame in self.session.tick():
            await self._tell(frame)
        self._check_patience()

    def _check_patience(self) -> None:
        now = time.monotonic()
        if not self._is_proven and now - self._began_at > self._limits.first_seconds:
            raise HungUpError
        if self._is_proven and now - self._silent_since > self.session.silence_seconds:
            raise HungUpError

    async def _work_off(self, found: Sequence[bytes | Spoilt]) -> None:
        for one in found:
            if isinstance(one, Spoilt):
                self._spoil(one)
            else:
                await self._hear(one)

    def _spoil(self, spoilt: Spoilt) -> None:
        if self.session.noise(spoilt.octets):
            self._prove()
            return
        FRAMES.labels(self.session.protocol, "spoilt").inc()
        self._log(spoilt.octets, f"spoilt: {spoilt.reason}"[:40])
        self._spoilt += 1
        if self._spoilt > MOST_SPOILT:
            raise HungUpError

    def _prove(self) -> None:
        self._is_proven = True
        self._spoilt = 0
        self._silent_since = time.monotonic()

    async def _hear(self, frame: bytes) -> None:
        if pause := self._allowance.seconds_to_wait():
            await asyncio.sleep(pause)
        now = datetime.now(UTC)
        try:
            heard = self.session.hear(frame, now)
        except (BadFrame, ValueError) as error:
            FRAMES.labels(self.session.protocol, BAD).inc()
            self._log(frame, f"{BAD}: {error}")
            self._refuse()
            return
        if heard.is_refused:
            self._refuse()
        else:
            self._prove()
        if heard.verdict == UNKNOWN:
            peer = str(self._writer.get_extra_info("peername", ("",))[0])
            self._logbook.meet(self.session.protocol, heard.address, peer, heard.secret)
        kept = self._gatherer.keep(heard) if heard.has_content else None
        await self._owed.put(_Owed(heard, frame, now, kept))
        if heard.ends:
            raise HungUpError

    def _refuse(self) -> None:
        self._refused += 1
        if self._refused > MOST_REFUSED:
            raise HungUpError

    async def _answer(self) -> None:
        try:
            while (owed := await self._owed.get()) is not None:
                await self._settle_one(owed)
        except (HungUpError, OSError):
            return

    async def _settle_one(self, owed: _Owed) -> None:
        heard, verdict, answer = owed.heard, owed.heard.verdict, owed.heard.answer
        if owed.kept is not None:
            try:
                outcome = await owed.kept
            except CityError:
                verdict, answer = NOT_STORED, heard.failure
            else:
                if outcome.rejected:
                    verdict = f"{TAKEN}, {outcome.rejected} of {outcome.received} rejected"
        FRAMES.labels(self.session.protocol, verdict.partition(",")[0]).inc()
        if heard.device is not None:
            self._write_down(heard.device.id, owed.frame, verdict, at=owed.at)
        await self._tell(answer)

    async def _tell(self, frame: bytes) -> None:
        """Raises HungUpError when the other side does not take it in time."""
        if not frame:
            return
        self._writer.write(frame)
        if self.session.device is not None:
            self._write_down(self.session.device.id, frame, SENT, is_up=False)
        try:
            async with asyncio.timeout(self._limits.write_seconds):
                await self._writer.drain()
        except TimeoutError:
            self._writer.transport.abort()
            raise HungUpError from None

    def _log(self, octets: bytes, verdict: str) -> None:
        if self.session.device is not None:
            self._write_down(self.session.device.id, octets, verdict)

    def _write_down(
        self,
        device: int,
        octets: bytes,
        verdict: str,
        *,
        at: datetime | None = None,
        is_up: bool = True,
    ) -> None:
        moment = at or datetime.now(UTC)
        entry = Entry(device, self.session.protocol, moment, is_up, octets, verdict)
        self._logbook.write(entry)
