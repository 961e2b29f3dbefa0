"""A server of S3-compatible storage in this process, with one bucket for each who asks."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chengshu.core.storage.access import Access

NOWHERE = Access(endpoint="http://127.0.0.1:9")


@dataclass(frozen=True)
class Shop:
    """A bucket's address and the access to it."""

    address: str
    access: Access


@contextmanager
def bucket() -> Iterator[Shop]:
    import boto3
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    access = Access(endpoint=f"http://127.0.0.1:{port}", key_id="key", secret="secret")
    name = f"city-{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.key_id,
        aws_secret_access_key=access.secret,
    )
    client.create_bucket(Bucket=name)
    try:
        yield Shop(f"s3://{name}/some/prefix", access)
    finally:
        server.stop()
