"""A bucket of S3-compatible storage: a put there is durable by itself, whole or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import chain

import obstore
from obstore import exceptions
from obstore.store import S3Store

from .access import SCHEME, Access
from .faults import StorageAway, StorageRefuses

NO_BUCKET = "NoSuchBucket"
PIECE = 8 << 20
ANSWER_SECONDS = 60
CONNECT_SECONDS = 5
RETRIES = 4
RETRY_SECONDS = 30


class Bucket:
    """Files below *root*, ``s3://bucket/prefix``, by names like ``a/b/c``."""

    def __init__(self, root: str, access: Access) -> None:
        self.root = root.rstrip("/")
        bucket, _, prefix = self.root.removeprefix(SCHEME).partition("/")
        endpoint = access.url
        if access.virtual_hosts:
            endpoint = endpoint.replace("://", f"://{bucket}.", 1)
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            endpoint=endpoint,
            region=access.region,
            virtual_hosted_style_request=access.virtual_hosts,
            client_options={
                "allow_http": not access.is_encrypted,
                "timeout": timedelta(seconds=ANSWER_SECONDS),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            },
            access_key_id=access.key_id,
            secret_access_key=access.secret,
        )

    def put(self, name: str, content: bytes | memoryview | Iterable[bytes]) -> None:
        """Store a file. Raises StorageAway, StorageRefuses, or what *content* raises."""
        with _told():
            obstore.put(self._store, name, _in_one_if_small(content), chunk_size=PIECE)

    def read(self, name: str) -> Iterator[bytes]:
        """The file in pieces. Raises FileNotFoundError, StorageAway, StorageRefuses."""
        with _told():
            for piece in obstore.get(self._store, name).stream(min_chunk_size=1 << 20):
                yield bytes(piece)

    def sizes(self, below: str) -> Iterator[tuple[str, int]]:
        """Name and bytes of every file whose name begins with the folder *below*."""
        with _told():
            for found in obstore.list(self._store, below or None):
                yield from ((one["path"], one["size"]) for one in found)

    def remove(self, name: str) -> None:
        """Remove the file, if it is there."""
        with _told(), suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def clear(self, below: str) -> None:
        """Remove every file whose name begins with the folder *below*."""
        names = [name for name, _size in self.sizes(below)]
        with _told():
            obstore.delete(self._store, names)

    def settle(self, below: str, since: float) -> None:
        """What others wrote here is durable already."""

    def close_to_others(self) -> None:
        """Who may read a bucket is told where it is made, not here."""


def _in_one_if_small(
    content: bytes | memoryview | Iterable[bytes],
) -> bytes | memoryview | Iterable[bytes]:
    """Pieces that fit into one request as one: an upload of parts takes three."""
    if isinstance(content, bytes | memoryview):
        return content
    pieces, begun, size = iter(content), [], 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size > PIECE:
            return chain(begun, pieces)
    return b"".join(begun)


@contextmanager
def _told() -> Iterator[None]:
    """Raise what the storage answered as ours: its own text quotes addresses at length."""
    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET in str(error):
            raise StorageRefuses("The object storage knows no such bucket") from None
        raise
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
        raise StorageRefuses("The object storage refuses this key") from None
    except exceptions.BaseError:
        raise StorageAway("The object storage does not answer") from None
