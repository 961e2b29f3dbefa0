"""Every setting of an installation: one typed line each, read once from ``CHENGSHU_*``."""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from chengshu.core.storage.access import Access


class Misconfigured(Exception):
    """One or more settings are missing or unreadable; the message names them all."""


def _boolean(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return known[text.strip().lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "bool": _boolean,
    "Path": Path,
    "tuple[str, ...]": _words,
}


def env(name: str, default: Any = MISSING, *, help: str) -> Any:
    """Declare a setting: its variable, its default and one sentence for the operator."""
    metadata = {"env": name, "help": help}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one installation. Paths are absolute once read."""

    home: Path = env("CHENGSHU_HOME", Path("var"), help="Folder that holds all data.")
    host: str = env(
        "CHENGSHU_HOST", "127.0.0.1", help="Address the web, ingest and MQTT ports bind to."
    )
    port: int = env("CHENGSHU_PORT", 8000, help="Port of the web pages and the API.")
    ingest_port: int = env("CHENGSHU_INGEST_PORT", 8001, help="Port that takes observations.")
    mqtt_port: int = env(
        "CHENGSHU_MQTT_PORT", 1883, help="Port of the embedded MQTT broker; 0 opens none."
    )
    mqtt_url: str = env(
        "CHENGSHU_MQTT_URL",
        "",
        help="MQTT broker to subscribe to in place of the embedded one: mqtt://user:password@host.",
    )
    mqtt_token: str = env(
        "CHENGSHU_MQTT_TOKEN",
        "",
        help="Token of scope ingest with whose rights the messages of that broker are stored.",
    )
    hj212_port: int = env(
        "CHENGSHU_HJ212_PORT", 9212, help="Port for HJ 212 pollutant monitoring; 0 closes it."
    )
    jt808_port: int = env(
        "CHENGSHU_JT808_PORT", 9808, help="Port for JT/T 808 vehicle terminals; 0 closes it."
    )
    gb26875_port: int = env(
        "CHENGSHU_GB26875_PORT", 9875, help="Port for GB/T 26875.3 fire alarms; 0 closes it."
    )
    sl651_port: int = env(
        "CHENGSHU_SL651_PORT", 9651, help="Port for SL 651 hydrological stations; 0 closes it."
    )
    meters_port: int = env(
        "CHENGSHU_METERS_PORT", 9645, help="Port for gateways of meters; 0 closes it."
    )
    hosts: tuple[str, ...] = env(
        "CHENGSHU_HOSTS",
        ("localhost", "127.0.0.1", "[::1]"),
        help="Host names the web server answers to, separated by commas.",
    )
    https: bool = env(
        "CHENGSHU_HTTPS", False, help="Served over HTTPS: cookies are sent over HTTPS only."
    )
    database_url: str = env(
        "CHENGSHU_DATABASE_URL",
        "",
        help="PostgreSQL 15 or newer; empty starts the embedded server in the home folder.",
    )
    lake: str = env(
        "CHENGSHU_LAKE",
        "",
        help="Folder or s3://bucket/prefix of the lake's files; empty is `lake` in the home.",
    )
    lake_threads: int = env("CHENGSHU_LAKE_THREADS", 2, help="DuckDB threads of one process.")
    lake_memory: str = env("CHENGSHU_LAKE_MEMORY", "512MB", help="DuckDB memory of one process.")
    s3_endpoint: str = env(
        "CHENGSHU_S3_ENDPOINT",
        "",
        help="Address of S3-compatible storage, as https://s3.example.gov.cn; empty is Amazon's.",
    )
    s3_region: str = env("CHENGSHU_S3_REGION", "us-east-1", help="Region of that storage.")
    s3_key_id: str = env("CHENGSHU_S3_KEY_ID", "", help="Name of the access key to that storage.")
    s3_secret: str = env("CHENGSHU_S3_SECRET", "", help="The secret of that access key.")
    s3_virtual_hosts: bool = env(
        "CHENGSHU_S3_VIRTUAL_HOSTS",
        False,
        help="That storage wants the bucket in the host name, as OSS and COS do.",
    )
    backup: str = env(
        "CHENGSHU_BACKUP",
        "",
        help="Folder or s3://bucket/prefix for a backup every night; empty makes none.",
    )
    backup_keep: int = env(
        "CHENGSHU_BACKUP_KEEP", 14, help="How many of these backups are kept; 0 keeps all."
    )
    rejection_days: int = env(
        "CHENGSHU_REJECTION_DAYS", 30, help="Days for which rejected rows are kept."
    )
    rejections_kept: int = env(
        "CHENGSHU_REJECTIONS_KEPT",
        100_000,
        help="Rejected rows kept of one sender for one reason on one day; more are only counted.",
    )
    webhook_days: int = env(
        "CHENGSHU_WEBHOOK_DAYS", 3, help="Days of failures after which a webhook is given up."
    )
    webhook_networks: tuple[str, ...] = env(
        "CHENGSHU_WEBHOOK_NETWORKS",
        (),
        help="Networks inside that webhooks may reach all the same, as 10.2.0.0/16, by commas.",
    )
    secret_key: str = env(
        "CHENGSHU_SECRET_KEY", "", help="Signs sessions; empty keeps a random one in the home."
    )
    zone: str = env("CHENGSHU_ZONE", "Asia/Shanghai", help="Time zone shown on pages.")
    language: str = env("CHENGSHU_LANGUAGE", "zh-hans", help="First language: zh-hans or en.")
    debug: bool = env("CHENGSHU_DEBUG", False, help="Show error details; never in production.")

    @property
    def s3(self) -> Access:
        """Where object storage is and who asks there."""
        return Access(
            endpoint=self.s3_endpoint,
            region=self.s3_region,
            key_id=self.s3_key_id,
            secret=self.s3_secret,
            virtual_hosts=self.s3_virtual_hosts,
        )

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment. Raises Misconfigured naming every unreadable setting at once."""
        environ = os.environ if environ is None else environ  # noqa: TID251
        values: dict[str, Any] = {}
        problems: list[str] = []
        for setting in fields(cls):
            text = environ.get(setting.metadata["env"], "")
            if not text:
                continue
            try:
                values[setting.name] = PARSERS[_type_name(setting)](text)
            except (ValueError, KeyError):
                problems.append(f"{setting.metadata['env']}={text!r} is not a {setting.type}")
        if problems:
            raise Misconfigured("; ".join(problems))
        values["home"] = Path(values.get("home", cls.home)).absolute()
        values.setdefault("lake", str(values["home"] / "lake"))
        return cls(**values)


def _type_name(setting: "Field[Any]") -> str:
    return setting.type.__name__ if setting.type in (str, int, bool, Path) else str(setting.type)
