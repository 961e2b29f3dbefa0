"""What was backed up comes back whole; anything else is refused before it does harm."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditLine
from chengshu.core.backup import taking
from chengshu.core.backup.contents import Backup, BackupDamaged, Manifest, Source, Vault
from chengshu.core.backup.programs import DatabaseToolFailed, dump
from chengshu.core.backup.restoring import Destination, NotEmpty, chosen, restore
from chengshu.core.backup.taking import BackupRunning, back_up
from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.holding import held, unheld
from chengshu.core.lake.upkeep import silent
from chengshu.core.places.models import Place
from chengshu.core.storage.folder import Folder
from chengshu.core.storage.place import storage_at
from chengshu.kit.errors import NotFound
from tests.buckets import bucket

Plant = Callable[..., None]
Take = Callable[..., Manifest]


def newest(target: Path) -> Backup:
    return chosen(Folder(target))


def folder_of(backup: Backup) -> Path:
    return Path(backup.vault.storage.root) / "backups" / backup.name


def names(target: Path) -> list[str]:
    return [backup.name for backup in Vault(Folder(target)).made()]


def brought_back(backup: Backup, url: str, into: Path) -> Manifest:
    home = into / "home"
    home.mkdir(parents=True, exist_ok=True)
    return restore(backup, Destination(url=url, home=home, lake=Folder(home / "lake")), silent)


def trees(url: str, folder: Path) -> list[int]:
    lake = Lake.open(url, folder)
    try:
        return sorted(lake.query("SELECT tree FROM backup_trees")["tree"].to_list())
    finally:
        lake.close()


def test_database_and_lake_come_back_as_they_were_at_that_moment(
    plant: Plant, taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    Place.objects.create(code="a", name="before", level="cell", path="a")
    plant(1, 2)
    taken()
    Place.objects.create(code="b", name="after", level="cell", path="b")
    plant(3)

    brought_back(newest(target), empty_database, tmp_path / "new")

    with psycopg.connect(empty_database) as connection:
        places = connection.execute("SELECT name FROM places_place").fetchall()
    assert places == [("before",)]
    assert trees(empty_database, tmp_path / "new" / "home" / "lake") == [1, 2]


def test_the_restored_lake_takes_new_rows(
    plant: Plant, taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    plant(1)
    taken()
    brought_back(newest(target), empty_database, tmp_path / "new")
    lake = Lake.open(empty_database, tmp_path / "new" / "home" / "lake")

    with lake.guarded():
        lake.cursor().execute("INSERT INTO lake.main.backup_trees VALUES (9, now())")
    lake.close()

    assert trees(empty_database, tmp_path / "new" / "home" / "lake") == [1, 9]


def test_uploaded_files_and_the_secret_key_come_back(
    taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    uploaded = settings.CHENGSHU.home / "files" / "图纸" / "plan.txt"
    uploaded.parent.mkdir(parents=True, exist_ok=True)
    uploaded.write_text("a plan")
    taken()
    uploaded.unlink()

    brought_back(newest(target), empty_database, tmp_path / "new")

    home = tmp_path / "new" / "home"
    assert (home / "files" / "图纸" / "plan.txt").read_text() == "a plan"
    assert (home / "secret-key").read_text() == (settings.CHENGSHU.home / "secret-key").read_text()
    assert (home / "secret-key").stat().st_mode & 0o077 == 0


def test_a_second_backup_copies_only_what_is_new(plant: Plant, taken: Take, target: Path) -> None:
    plant(1)
    taken()
    before = {p: p.stat().st_mtime_ns for p in (target / "files").rglob("*.parquet")}
    plant(2)
    taken()

    after = {p: p.stat().st_mtime_ns for p in (target / "files").rglob("*.parquet")}

    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_old_backups_are_forgotten_with_the_files_only_they_had(
    lake: Lake, plant: Plant, taken: Take, target: Path
) -> None:
    plant(1)
    taken()
    (first,) = names(target)
    stray = target / "files" / "lake" / "main" / "backup_trees" / "stray.parquet"
    stray.write_text("only the first backup has it")

    taken(keep=1)

    assert len(names(target)) == 1
    assert first not in names(target)
    assert not stray.exists()
    assert all((target / "files" / file.path).is_file() for file in newest(target).listed())


def test_a_backup_is_audited_and_names_the_end_of_the_trail(taken: Take) -> None:
    chain.append(actor="test", action="before", target="x")

    manifest = taken()

    assert manifest.seal == bytes(AuditLine.objects.get(action="before").seal).hex()
    assert AuditLine.objects.get(action="backup.take").details["files"] == manifest.files


def test_a_backup_is_readable_for_its_owner_only(taken: Take, target: Path) -> None:
    taken()

    assert target.stat().st_mode & 0o077 == 0


def test_a_backup_that_was_cut_off_does_not_count_and_goes_with_the_next(
    taken: Take, target: Path
) -> None:
    broken = target / "backups" / "20260101T000000000000Z"
    broken.mkdir(parents=True)
    (broken / "database.dump").write_bytes(b"half of it")
    with pytest.raises(NotFound):
        newest(target)

    taken()

    assert not broken.exists()
    assert len(names(target)) == 1


def test_a_database_that_holds_something_is_not_restored_into(
    taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    taken()
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    with pytest.raises(NotEmpty):
        brought_back(newest(target), empty_database, tmp_path / "new")

    assert not (tmp_path / "new" / "home" / "lake").exists()


@pytest.mark.parametrize("harm", ["changed", "missing"])
@pytest.mark.parametrize("victim", ["parquet", "dump"])
def test_a_damaged_backup_is_refused_and_leaves_the_database_empty(
    plant: Plant,
    taken: Take,
    target: Path,
    empty_database: str,
    tmp_path: Path,
    victim: str,
    harm: str,
) -> None:
    plant(1)
    taken()
    path = next(target.rglob(f"*.{victim}"))
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(BackupDamaged) as refused:
        brought_back(newest(target), empty_database, tmp_path / "new")

    assert path.name in str(refused.value.where["file"])
    with psycopg.connect(empty_database) as connection:
        found = connection.execute("SELECT to_regclass('places_place')").fetchone()
    assert found == (None,)


def test_a_restore_that_was_interrupted_can_be_run_again(
    plant: Plant, taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    plant(1)
    taken()
    dumped = folder_of(newest(target)) / "database.dump"
    aside = dumped.rename(dumped.with_suffix(".aside"))
    with pytest.raises(BackupDamaged):
        brought_back(newest(target), empty_database, tmp_path / "new")
    aside.rename(dumped)

    brought_back(newest(target), empty_database, tmp_path / "new")

    assert trees(empty_database, tmp_path / "new" / "home" / "lake") == [1]


def test_a_backup_of_another_format_is_refused(taken: Take, target: Path) -> None:
    taken()
    manifest = folder_of(newest(target)) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 99'))

    with pytest.raises(BackupDamaged, match="99"):
        newest(target).manifest()


def test_a_program_that_fails_says_why_without_the_password() -> None:
    url = settings.CHENGSHU.database_url
    password = url.split(":")[2].split("@")[0]

    with pytest.raises(DatabaseToolFailed) as failed:
        list(dump(url, "no-such-snapshot"))

    assert "no-such-snapshot" in failed.value.message
    assert password not in failed.value.message


def test_while_a_backup_copies_no_file_of_the_lake_is_removed(lake: Lake) -> None:
    place = installation.current().place

    with held(place), unheld(place) as while_held:
        pass
    with unheld(place) as afterwards:
        pass

    assert (while_held, afterwards) == (False, True)


def test_an_upload_that_is_removed_meanwhile_is_left_out(
    taken: Take, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Source(storage=Folder(settings.CHENGSHU.home), name="files/gone.csv", bytes=7)
    monkeypatch.setattr(taking, "_uploaded", lambda home: {"home/files/gone.csv": gone})

    taken()

    assert "home/files/gone.csv" not in {file.path for file in newest(target).listed()}


def test_one_backup_is_taken_at_a_time(taken: Take, target: Path) -> None:
    with psycopg.connect(installation.current().place.url) as other:
        other.execute(taking.ALONE)
        with pytest.raises(BackupRunning):
            taken()
    taken()

    assert len(names(target)) == 1


def test_a_named_backup_is_chosen_and_an_unknown_one_is_not(taken: Take, target: Path) -> None:
    taken()
    taken()
    first, second = names(target)

    assert chosen(Folder(target), first).name == first
    assert newest(target).name == second
    with pytest.raises(NotFound, match=first):
        chosen(Folder(target), "20200101T000000000000Z")


def test_a_backup_in_object_storage_comes_back(
    plant: Plant, settings: Any, empty_database: str, tmp_path: Path
) -> None:
    with bucket() as shop:
        settings.CHENGSHU = replace(settings.CHENGSHU, s3_endpoint=shop.access.endpoint)
        for tree in (1, 2):
            plant(tree)
            back_up(shop.address, keep=1, progress=silent, by="test")
        plant(3)
        storage = storage_at(shop.address, settings.CHENGSHU.s3)

        brought_back(chosen(storage), empty_database, tmp_path / "new")

        assert len(Vault(storage).made()) == 1
    assert trees(empty_database, tmp_path / "new" / "home" / "lake") == [1, 2]


def test_a_lake_comes_back_into_object_storage(
    plant: Plant, taken: Take, target: Path, empty_database: str, tmp_path: Path
) -> None:
    plant(1, 2)
    taken()
    with bucket() as shop:
        lake = storage_at(shop.address, shop.access)

        restore(newest(target), Destination(url=empty_database, home=tmp_path, lake=lake), silent)

        opened = Lake.open(empty_database, shop.address, access=shop.access)
        assert sorted(opened.query("SELECT tree FROM backup_trees")["tree"].to_list()) == [1, 2]
        opened.close()
