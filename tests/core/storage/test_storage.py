"""A folder and a bucket do the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chengshu.core.storage.access import Access
from chengshu.core.storage.bucket import PIECE
from chengshu.core.storage.faults import StorageAway, StorageRefuses
from chengshu.core.storage.place import Storage, storage_at
from chengshu.kit.errors import Invalid
from tests.buckets import NOWHERE, Shop, bucket


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with bucket() as found:
        yield found


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A new place for files of each kind."""
    if request.param == "folder":
        return storage_at(tmp_path / "deep" / "files", Access())
    shop = request.getfixturevalue("shop")
    return storage_at(f"{shop.address}/{tmp_path.name}", shop.access)


def content(storage: Storage, name: str) -> bytes:
    return b"".join(storage.read(name))


def test_what_was_put_is_read_again(storage: Storage) -> None:
    storage.put("a/one", b"1")
    storage.put("a/two", memoryview(b"22"))
    storage.put("a/many", iter([b"3", b"33"]))

    assert [content(storage, f"a/{name}") for name in ("one", "two", "many")] == [
        *(b"1", b"22", b"333")
    ]


def test_more_than_one_request_takes_is_put_whole(storage: Storage) -> None:
    pieces = [bytes([number]) * 1_000_000 for number in range(PIECE // 1_000_000 + 4)]

    storage.put("large", iter(pieces))

    assert content(storage, "large") == b"".join(pieces)


def test_files_are_listed_by_folder(storage: Storage) -> None:
    for name in ("a/one", "a/b/two", "ab/three"):
        storage.put(name, b"1234")

    assert sorted(storage.sizes("a")) == [("a/b/two", 4), ("a/one", 4)]
    assert list(storage.sizes("nothing")) == []


def test_a_removed_file_is_gone_and_may_be_removed_again(storage: Storage) -> None:
    storage.put("a/one", b"1")

    storage.remove("a/one")
    storage.remove("a/one")

    with pytest.raises(FileNotFoundError):
        content(storage, "a/one")


def test_a_folder_is_cleared_with_all_below_it(storage: Storage) -> None:
    for name in ("a/one", "a/b/two", "c"):
        storage.put(name, b"1")

    storage.clear("a")
    storage.clear("a")

    assert [name for name, _size in storage.sizes("")] == ["c"]


@pytest.mark.parametrize("before", [10, PIECE + 10])
def test_content_that_breaks_off_leaves_nothing(storage: Storage, before: int) -> None:
    def broken() -> Iterator[bytes]:
        yield b"1" * before
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError):
        storage.put("a/one", broken())

    assert list(storage.sizes("")) == []


def test_a_folder_can_be_closed_to_others(tmp_path: Path) -> None:
    storage_at(tmp_path / "mine", Access()).close_to_others()

    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700


def test_storage_that_does_not_answer_is_said() -> None:
    storage = storage_at("s3://city/lake", NOWHERE)

    with pytest.raises(StorageAway):
        storage.put("a", b"1")


def test_a_bucket_that_does_not_exist_is_refused(shop: Shop) -> None:
    storage = storage_at("s3://nowhere/lake", shop.access)

    with pytest.raises(StorageRefuses):
        storage.put("a", b"1")
    with pytest.raises(StorageRefuses):
        content(storage, "a")


def test_another_kind_of_address_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        storage_at("ftp://server/lake", Access())

    assert refusal.value.where == {"address": "ftp://server/lake"}


def test_a_secret_is_not_shown() -> None:
    assert "hidden" not in repr(Access(secret="hidden"))


def test_a_bucket_may_be_part_of_the_host_name() -> None:
    access = Access(endpoint="https://oss-cn-beijing.example.cn", virtual_hosts=True)

    storage = storage_at("s3://city/lake", access)

    assert "https://city.oss-cn-beijing.example.cn" in repr(storage._store.config)
