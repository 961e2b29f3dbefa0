"""How to reach S3-compatible storage; apart, so that only who uses it loads its client."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

SCHEME = "s3://"
AMAZON = "https://s3.{region}.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where S3-compatible storage is and who asks there; an empty *endpoint* is Amazon's.

    *virtual_hosts* is for storage that wants the bucket in the host name, as OSS and COS do.
    """

    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret: str = field(default="", repr=False)
    virtual_hosts: bool = False

    @property
    def url(self) -> str:
        return self.endpoint or AMAZON.format(region=self.region)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https://")
