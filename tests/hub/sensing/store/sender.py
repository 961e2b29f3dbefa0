"""A process that sends batches until it is killed, saying what it tries and what is acknowledged.

Each thread has a stream of its own and sends one batch at a time: it rewrites all SIZE seconds of
the stream with the number of the batch, adds one new second, and repeats the last batch first if
that was not acknowledged before.
"""

import json
import os
import sys
import threading
from pathlib import Path

from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.store import ObservationStore

from .factories import observations

SIZE = 40


def batch(stream: int, number: int) -> tuple[tuple[int, int, float], ...]:
    """Equal numbers make equal batches: the whole block and one row of the batch's own."""
    block = [(stream, at, float(number)) for at in range(SIZE)]
    return (*block, (stream, SIZE + number, float(number)))


def send(store: ObservationStore, stream: int, number: int, said: threading.Lock) -> None:
    while True:
        try_and_ack = {"stream": stream, "number": number}
        say(said, try_and_ack | {"counts": None})
        counts = store.append(observations(*batch(stream, number)), key=f"{stream}/{number}")
        say(said, try_and_ack | {"counts": [counts.stored, counts.duplicate]})
        number += 1


def say(said: threading.Lock, words: dict[str, object]) -> None:
    with said:
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()


def run(url: str, folder: str, marks: str, numbers: list[int]) -> None:
    store = ObservationStore(Lake.open(url, folder), marks_file=Path(marks))
    said = threading.Lock()
    say(said, {"ready": os.getpid()})
    threads = [
        threading.Thread(target=send, args=(store, stream, number, said))
        for stream, number in enumerate(numbers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """Fork a sender per line of input: modules are loaded once, threads start after the fork."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(**json.loads(line))
        os.waitpid(child, 0)
        say(threading.Lock(), {"ended": child})


if __name__ == "__main__":
    main()
