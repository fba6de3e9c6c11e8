"""One contract, two stores: every test here runs against a folder and against a real S3 service."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from records import LocalStore, S3Store, Store, Stored
from records.errors import (
    StoredNameUnfit,
    StoredObjectDamaged,
    StoredObjectMissing,
    StoredObjectTooLarge,
)
from records.store import PIECE

LIMIT = 1_000_000


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def any_store(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if kind == "local":
        return LocalStore(tmp_path / "store", limit=LIMIT)
    service = request.getfixturevalue("s3_service")
    return S3Store(
        service.make_bucket(),
        prefix="遠州市/",
        endpoint_url=service.endpoint,
        access_key=service.access_key,
        secret_key=service.secret_key,
        limit=LIMIT,
    )


@pytest.fixture
def overwrite(
    any_store: Store, request: pytest.FixtureRequest
) -> Callable[[str, str | None, bytes], None]:
    """Change stored bytes behind the store's back, as a broken disk or a hand would."""

    def local(digest: str, name: str | None, data: bytes) -> None:
        assert isinstance(any_store, LocalStore)
        path = any_store._name_path(name) if name else any_store._object_path(digest)
        path.chmod(0o640)
        path.write_bytes(data)

    def s3(digest: str, name: str | None, data: bytes) -> None:
        assert isinstance(any_store, S3Store)
        key = any_store._name_key(name) if name else any_store._object_key(digest)
        client: Any = any_store._client
        client.put_object(Bucket=any_store._bucket, Key=key, Body=data)

    return local if isinstance(any_store, LocalStore) else s3


def test_what_is_put_is_read_back(any_store: Store) -> None:
    data = "契約書".encode() * 1000
    stored = any_store.put(data)
    assert stored == Stored(sha256(data).hexdigest(), len(data))
    assert any_store.read(stored.sha256) == data
    assert any_store.exists(stored.sha256)


def test_a_file_is_kept_like_its_bytes(any_store: Store) -> None:
    data = os.urandom(700_000)
    file = io.BytesIO(b"before" + data)
    file.seek(6)
    stored = any_store.put_file(file)
    assert stored == Stored(sha256(data).hexdigest(), len(data))
    assert any_store.read(stored.sha256) == data
    assert any_store.put_file(io.BytesIO(data)) == any_store.put(data) == stored


def test_a_file_is_never_held_in_memory_whole(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First, again (compared with what is kept), and taken out: in pieces each time."""
    asked: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size)

    def whole(_sha256: str) -> bytes:
        raise AssertionError("read whole")

    monkeypatch.setattr(any_store, "read", whole)
    data = os.urandom(900_000)
    stored = any_store.put_file(Counted(data))
    assert any_store.put_file(Counted(data)) == stored
    with any_store.open(stored.sha256) as kept:
        assert kept.read(10) == data[:10]
    assert asked
    assert 0 < min(asked) <= max(asked) <= PIECE * 4


def test_a_file_above_the_limit_is_refused(any_store: Store) -> None:
    with pytest.raises(StoredObjectTooLarge):
        any_store.put_file(io.BytesIO(bytes(LIMIT + 1)))


def test_an_empty_object_is_an_object(any_store: Store) -> None:
    assert any_store.read(any_store.put(b"").sha256) == b""


def test_the_same_bytes_twice_are_kept_once(any_store: Store) -> None:
    assert any_store.put(b"once") == any_store.put(b"once")


def test_a_missing_object_is_named(any_store: Store) -> None:
    absent = sha256(b"absent").hexdigest()
    assert not any_store.exists(absent)
    with pytest.raises(StoredObjectMissing, match=absent):
        any_store.read(absent)


def test_a_name_is_given_once_and_its_first_bytes_are_adopted(any_store: Store) -> None:
    assert any_store.named("signing/act-1") is None
    first = any_store.put(b"first signature", name="signing/act-1")
    second = any_store.put(b"second signature", name="signing/act-1")
    assert second == first == any_store.named("signing/act-1")
    assert not any_store.exists(sha256(b"second signature").hexdigest())


def test_two_names_may_stand_for_the_same_bytes(any_store: Store) -> None:
    first = any_store.put(b"same", name="render/1")
    assert any_store.put(b"same", name="render/2") == first
    assert any_store.named("render/2") == first


def test_writers_at_once_agree_on_one_holder_of_a_name(any_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(lambda n: any_store.put(b"%d" % n, name="race/one"), range(16)))
    assert len(results) == 1
    assert any_store.named("race/one") in results


def test_writers_at_once_of_the_same_bytes_all_succeed(any_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(lambda _: any_store.put(b"same bytes"), range(16)))
    assert len(results) == 1


def test_damaged_bytes_are_never_returned(
    any_store: Store, overwrite: Callable[[str, str | None, bytes], None]
) -> None:
    stored = any_store.put(b"the true contract")
    overwrite(stored.sha256, None, b"the fake contract")
    with pytest.raises(StoredObjectDamaged) as caught:
        any_store.read(stored.sha256)
    assert sha256(b"the fake contract").hexdigest() in caught.value.message_ja
    with pytest.raises(StoredObjectDamaged):
        any_store.put(b"the true contract")


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[]", b'{"name": "x/other", "sha256": "' + b"0" * 64 + b'", "size": 1}'],
)
def test_a_damaged_name_is_an_error_not_a_free_name(
    any_store: Store, overwrite: Callable[[str, str | None, bytes], None], broken: bytes
) -> None:
    any_store.put(b"x", name="x/1")
    overwrite("", "x/1", broken)
    with pytest.raises(StoredObjectDamaged, match="x/1"):
        any_store.named("x/1")


def test_an_object_swollen_beyond_the_limit_is_damage(
    any_store: Store, overwrite: Callable[[str, str | None, bytes], None]
) -> None:
    stored = any_store.put(b"small")
    overwrite(stored.sha256, None, b"x" * (LIMIT + 1))
    with pytest.raises(StoredObjectDamaged):
        any_store.read(stored.sha256)


def test_the_limit_is_kept_to_the_byte(any_store: Store) -> None:
    stored = any_store.put(b"x" * LIMIT)
    assert len(any_store.read(stored.sha256)) == LIMIT
    with pytest.raises(StoredObjectTooLarge) as caught:
        any_store.put(b"x" * (LIMIT + 1))
    assert str(LIMIT) in caught.value.message_en


@pytest.mark.parametrize(
    "name",
    ["", "/", "../etc/passwd", "a/../b", "a//b", "A", "a b", "a/", "契約", "a\n", "x" * 201, "-a"],
)
def test_names_that_could_leave_the_folder_are_refused(any_store: Store, name: str) -> None:
    with pytest.raises(StoredNameUnfit):
        any_store.put(b"x", name=name)
    with pytest.raises(StoredNameUnfit):
        any_store.named(name)


@pytest.mark.parametrize("digest", ["", "../x", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_sha256_is_looked_up(any_store: Store, digest: str) -> None:
    with pytest.raises(StoredNameUnfit):
        any_store.read(digest)
    with pytest.raises(StoredNameUnfit):
        any_store.exists(digest)


def test_a_large_object_is_opened_as_a_file_after_its_hash_was_checked(
    any_store: Store, overwrite: Callable[[str, str | None, bytes], None]
) -> None:
    stored = any_store.put(b"drawing" * 1000)
    with any_store.open(stored.sha256) as file:
        assert file.read(7) == b"drawing"
        assert len(file.read()) == 7 * 999
    with pytest.raises(StoredObjectMissing):
        any_store.open("0" * 64)
    overwrite(stored.sha256, None, b"another")
    with pytest.raises(StoredObjectDamaged):
        any_store.open(stored.sha256)


def test_a_destroyed_object_is_gone_and_its_name_stays_taken(any_store: Store) -> None:
    stored = any_store.put(b"the text of a contract", name="x/1")
    other = any_store.put(b"another")
    assert any_store.destroy(stored.sha256)
    assert not any_store.destroy(stored.sha256)
    assert not any_store.exists(stored.sha256)
    with pytest.raises(StoredObjectMissing):
        any_store.read(stored.sha256)
    assert any_store.named("x/1") == stored
    assert any_store.read(other.sha256) == b"another"
    with pytest.raises(StoredNameUnfit):
        any_store.destroy("../etc")
