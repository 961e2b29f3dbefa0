"""The connection of one process to one lake: a DuckDB instance, a cursor per thread."""

import re
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb
import polars as pl
import psycopg
from duckdb import DuckDBPyConnection, DuckDBPyRelation
from psycopg import sql

from chengshu.core.storage.access import SCHEME, Access
from chengshu.core.storage.place import storage_at

from .catalogue import Catalogue
from .faults import CatalogueAway, Unusable, translated
from .scratch import scratch
from .storage import LakeFiles
from .tables import literal, quoted

EXTENSIONS = ("postgres_scanner", "ducklake")
RETRIES = 10
PARAMETER = re.compile(r"\$([a-z]\w*)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which lake: its catalogue's *url*, the *schema* there, the *folder* or bucket of its files
    and the *access* to that bucket."""

    url: str
    folder: str
    access: Access = Access()
    schema: str = "lake"
    process: int


class Session:
    """One DuckDB instance on the lake at *place*; it connects when first used."""

    def __init__(
        self, place: Place, *, threads: int, memory: str, spare: Path | None = None
    ) -> None:
        self.place = place
        self.files = LakeFiles(storage_at(place.folder, place.access))
        self.catalogue = Catalogue(place.url, place.schema)
        self.writing = threading.Lock()
        self._settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(scratch(spare or Path(tempfile.gettempdir()))),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._opening = threading.Lock()
        self._instance: DuckDBPyConnection | None = None
        self._local = threading.local()

    def close(self) -> None:
        """Let go of the catalogue; the next use connects anew."""
        with self._opening:
            instance, self._instance = self._instance, None
        if instance is not None:
            instance.close()
        self.catalogue.close()

    @property
    def metadata(self) -> str:
        """Prefix of the catalogue's own tables (``ducklake_snapshot``) in a query."""
        return f"__ducklake_metadata_lake.{quoted(self.place.schema)}"

    def cursor(self) -> DuckDBPyConnection:
        """This thread's connection. A commit on it fails at once when another came first."""
        instance = self._opened()
        kept: DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if kept is not None and self._local.instance is instance:
            return kept
        cursor: DuckDBPyConnection = instance.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET enable_progress_bar = false")  # it would be drawn into the log
        cursor.execute("SET SESSION ducklake_max_retry_count = 0")
        cursor.execute("USE lake")
        self._local.instance, self._local.cursor = instance, cursor
        return cursor

    @contextmanager
    def patient(self) -> Iterator[DuckDBPyConnection]:
        """This thread's connection, whose commits are tried again after those of others.

        For work that stays right when other commits come in between, as merging files does.
        """
        cursor = self.cursor()
        cursor.execute(f"SET SESSION ducklake_max_retry_count = {RETRIES}")
        try:
            yield cursor
        finally:
            cursor.execute("SET SESSION ducklake_max_retry_count = 0")

    @contextmanager
    def lending(
        self,
        frames: Mapping[str, pl.DataFrame],
        copied: Collection[str] = (),
        *,
        is_in_transaction: bool = False,
    ) -> Iterator[DuckDBPyConnection]:
        """This thread's connection with *frames* readable under their names; those *copied* are
        temporary tables, which are not of the lake.

        They are lent in one transaction: by itself every step would ask the catalogue for its
        newest snapshot. What is copied is committed before it is read, as DuckDB knows the ranges
        of its columns only then. After a failure the thread gets a new connection: the old may be
        unable to give them back.
        """
        cursor = self.cursor()
        try:
            with nullcontext() if is_in_transaction or not frames else _at_once(cursor):
                for name, frame in frames.items():
                    if name in copied:
                        _copy(cursor, name, frame)
                    else:
                        cursor.register(name, _ArrowStream(frame))
            yield cursor
            for name in frames:
                if name in copied:
                    cursor.execute(f"DROP TABLE temp.main.{quoted(name)}")
                else:
                    cursor.unregister(name)
        except BaseException:
            self._local.cursor = None
            raise

    def without_secrets(self, error: BaseException) -> str:
        """The text of *error* fit for a log: DuckDB quotes the catalogue's URL."""
        return str(error).replace(self.place.url, "the catalogue")

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Raise expected failures as CityError; give up an instance that DuckDB calls broken."""
        try:
            with translated():
                yield
        except (duckdb.FatalException, duckdb.InternalException):
            self.close()
            raise

    def _opened(self) -> DuckDBPyConnection:
        with self._opening:
            if self._instance is None:
                with translated(), self._alone():
                    self._instance = self._attached()
            return self._instance

    def _attached(self) -> DuckDBPyConnection:
        instance = duckdb.connect(":memory:", config=self._settings)
        try:
            for name in EXTENSIONS:
                _load(instance, name)
            instance.execute("SET GLOBAL parquet_metadata_cache = true")
            if self.place.folder.startswith(SCHEME):
                _load(instance, "httpfs")
                instance.execute(_secret(self.place))
            instance.execute(
                f"ATTACH {literal('ducklake:postgres:' + self.place.url)} AS lake ("
                f"DATA_PATH {literal(f'{self.files.root}/')}, "
                f"METADATA_SCHEMA {literal(self.place.schema)}, "
                "DATA_INLINING_ROW_LIMIT 0)"
            )
        except duckdb.Error as error:
            instance.close()
            if "does not match existing data path" in str(error):
                raise Unusable(f"This catalogue's lake is not in {self.files.root}") from None
            raise
        return instance

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes that would make the catalogue or its tables just now."""
        name = sql.Literal(f"chengshu lake {self.place.schema}")
        lock = sql.SQL("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))").format(name)
        try:
            with psycopg.connect(self.place.url) as connection:
                connection.execute(lock)
                yield
        except psycopg.OperationalError:
            raise CatalogueAway("The lake's PostgreSQL does not answer") from None


def asked(
    cursor: DuckDBPyConnection, question: str, parameters: Mapping[str, object]
) -> DuckDBPyRelation:
    """The answer to *question* with ``$name`` *parameters*, worked out when it is read.

    They are variables of the connection: an answer with parameters of its own is worked out when
    it is made, and then took twice as long to be read.
    """
    for name, value in parameters.items():
        cursor.execute(f"SET VARIABLE {quoted(name)} = ?", [value])
    return cursor.sql(PARAMETER.sub(lambda found: _variable(found[1], parameters), question))


def _variable(name: str, parameters: Mapping[str, object]) -> str:
    """Another question's value of the same name must not be taken for this one's."""
    if name not in parameters:
        raise duckdb.InvalidInputException(f"No value is given for ${name}")
    return f"getvariable('{name}')"


@contextmanager
def _at_once(cursor: DuckDBPyConnection) -> Iterator[None]:
    cursor.begin()
    yield
    cursor.commit()


def _copy(cursor: DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    cursor.register("lent", _ArrowStream(frame))
    cursor.execute(f"CREATE TEMP TABLE {quoted(name)} AS FROM temp.main.lent")
    cursor.unregister("lent")


def _load(instance: DuckDBPyConnection, name: str) -> None:
    instance.execute(f"LOAD {literal(str(_extension(name)))}")


def _secret(place: Place) -> str:
    """What lets DuckDB read and write the bucket at *place*; it stays in memory."""
    access = place.access
    said = {
        "KEY_ID": literal(access.key_id),
        "SECRET": literal(access.secret),
        "REGION": literal(access.region),
        "ENDPOINT": literal(access.host),
        "URL_STYLE": "'vhost'" if access.virtual_hosts else "'path'",
        "USE_SSL": str(access.is_encrypted).lower(),
        "SCOPE": literal(place.folder),
    }
    return f"CREATE SECRET (TYPE s3, {', '.join(f'{key} {value}' for key, value in said.items())})"


class _ArrowStream:
    """A frame as DuckDB takes it without pyarrow: by the Arrow C stream interface."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def _extension(name: str) -> Path:
    """The file of a DuckDB extension in its wheel; loaded from there, nothing is installed."""
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise Unusable(f"The package duckdb-extension-{name.replace('_', '-')} is not installed")
    version = f"v{duckdb.__version__}"
    return Path(spec.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
