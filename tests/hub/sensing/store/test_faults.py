import os
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from chengshu.core.lake.connection import Lake
from chengshu.core.runtime.postgres import EmbeddedPostgres
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import Counts, ObservationStore
from chengshu.kit.errors import Full, Transient
from tests.limits import files_no_larger_than

from .factories import good, observations, stored_in

STREAMS = 4
BATCHES = 12


@contextmanager
def tiny_disk(folder: Path) -> Iterator[Path]:
    """A file system of 400 kB; only root may make one, and not everywhere."""
    folder.mkdir()
    made = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], capture_output=True
    )
    if not made or made.returncode != 0:
        pytest.skip("needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_file_that_cannot_be_written_is_nobodys_acknowledgement(
    store: ObservationStore, lake: Lake
) -> None:
    rows = observations(*((1, at, at / 7) for at in range(20_000)))
    store.append(observations((1, 0, 0.0)))

    with files_no_larger_than(10_000), pytest.raises(Full):
        store.append(rows, key="a")

    assert len(stored_in(lake)) == 1
    counts = store.append(rows, key="a")
    assert (counts.stored, counts.duplicate) == (19_999, 1)
    assert len(stored_in(lake)) == 20_000


def test_a_full_disk_is_refused_and_works_again_when_there_is_space(
    catalogue_url: str, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 300_000)
        lake = Lake.open(catalogue_url, disk / "lake")
        lake.ensure([OBSERVATIONS])
        store = ObservationStore(lake)
        batches = (
            observations(*((stream, at, at / 7 + stream) for at in range(1_000)))
            for stream in count()
        )
        acknowledged: list[Counts] = []

        def send_until_refused() -> None:
            while True:
                acknowledged.append(store.append(next(batches)))

        with pytest.raises(Full):
            send_until_refused()
        found = stored_in(lake)
        ballast.unlink()
        acknowledged.append(store.append(next(batches)))

        assert len(found) == (len(acknowledged) - 1) * 1_000
        assert len(stored_in(lake)) == len(acknowledged) * 1_000
        store.close()
        lake.close()


@pytest.mark.slow
def test_a_catalogue_restarted_under_load_costs_no_acknowledged_row(tmp_path: Path) -> None:
    """The server is ended without a chance to finish what it does, as in a crash of its own."""
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        lake = Lake.open(server.url, tmp_path / "lake")
        lake.ensure([OBSERVATIONS])
        store = ObservationStore(lake)
        refused: list[Transient] = []
        stop = threading.Event()

        def send(stream: int) -> int:
            number = 0
            while not stop.is_set() or number < BATCHES:
                rows = observations(*((stream, at, float(number)) for at in (number, 10_000)))
                try:
                    store.append(rows, key=f"{stream}/{number}")
                except Transient as refusal:
                    refused.append(refusal)
                    time.sleep(0.05)
                else:
                    number += 1
            return number

        with ThreadPoolExecutor(STREAMS) as senders:
            sent = [senders.submit(send, stream) for stream in range(STREAMS)]
            for _ in range(3):
                time.sleep(0.7)
                crash(server)
                server.start()
            stop.set()
            numbers = [future.result() for future in sent]

        assert refused
        assert stored_in(lake) == good(
            {(s, at): float(at) for s, n in enumerate(numbers) for at in range(n)}
            | {(s, 10_000): float(n - 1) for s, n in enumerate(numbers)}
        )
        store.close()
        lake.close()


def crash(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()
