"""What only S3 does: object lock, legal hold, outages, wrong keys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records import FixedClock, S3Store
from records.errors import StoredObjectMissing, StoreUnavailable

pytestmark = pytest.mark.slow


def a_store(service: Any, *, locked: bool = True, **options: Any) -> S3Store:
    return S3Store(
        service.make_bucket(locked=locked),
        endpoint_url=service.endpoint,
        access_key=service.access_key,
        secret_key=service.secret_key,
        **options,
    )


def versions(store: S3Store, key: str) -> list[Any]:
    client: Any = store._client
    answer = client.list_object_versions(Bucket=store._bucket, Prefix=key)
    return list(answer.get("Versions", []))


def test_objects_under_retention_cannot_be_deleted_even_by_the_owner(s3_service: Any) -> None:
    from botocore.exceptions import ClientError

    store = a_store(s3_service, retention=timedelta(days=1), clock=FixedClock(datetime.now(UTC)))
    stored = store.put(b"kept", name="signing/1")
    client: Any = store._client
    for key in (store._object_key(stored.sha256), store._name_key("signing/1")):
        (version,) = versions(store, key)
        with pytest.raises(ClientError):
            client.delete_object(Bucket=store._bucket, Key=key, VersionId=version["VersionId"])
    assert store.read(stored.sha256) == b"kept"


def test_retention_grows_and_never_shrinks(s3_service: Any) -> None:
    store = a_store(s3_service)
    stored = store.put(b"contract")
    store.retain(stored.sha256, datetime.now(UTC) + timedelta(days=10))
    store.retain(stored.sha256, datetime.now(UTC) + timedelta(days=20))
    with pytest.raises(StoreUnavailable):
        store.retain(stored.sha256, datetime.now(UTC) + timedelta(days=5))


def test_a_legal_hold_is_put_and_released(s3_service: Any) -> None:
    from botocore.exceptions import ClientError

    store = a_store(s3_service)
    stored = store.put(b"in dispute")
    key = store._object_key(stored.sha256)
    (version,) = versions(store, key)
    client: Any = store._client
    store.hold(stored.sha256, on=True)
    with pytest.raises(ClientError):
        client.delete_object(Bucket=store._bucket, Key=key, VersionId=version["VersionId"])
    store.hold(stored.sha256, on=False)
    client.delete_object(Bucket=store._bucket, Key=key, VersionId=version["VersionId"])
    assert not store.exists(stored.sha256)


def test_what_is_not_there_cannot_be_retained(s3_service: Any) -> None:
    store = a_store(s3_service)
    with pytest.raises(StoredObjectMissing):
        store.retain("0" * 64, datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(StoredObjectMissing):
        store.hold("0" * 64, on=True)


def test_a_wrong_key_is_refused_by_the_service_and_said(s3_service: Any) -> None:
    store = S3Store(
        s3_service.make_bucket(),
        endpoint_url=s3_service.endpoint,
        access_key=s3_service.access_key,
        secret_key="wrong",
    )
    with pytest.raises(StoreUnavailable, match="S3"):
        store.put(b"x")


def test_a_missing_bucket_is_not_a_missing_object(s3_service: Any) -> None:
    store = S3Store(
        "no-such-bucket",
        endpoint_url=s3_service.endpoint,
        access_key=s3_service.access_key,
        secret_key=s3_service.secret_key,
    )
    with pytest.raises(StoreUnavailable):
        store.read("0" * 64)
    with pytest.raises(StoreUnavailable):
        store.put(b"x")
    with pytest.raises(StoreUnavailable):
        store.exists("0" * 64)


def test_a_silent_endpoint_is_said() -> None:
    store = S3Store("bucket", endpoint_url="http://127.0.0.1:1", access_key="a", secret_key="b")
    with pytest.raises(StoreUnavailable):
        store.exists("0" * 64)


class ConflictingOnce:
    """A client whose first write meets another one under way (AWS answers 409)."""

    def __init__(self, client: Any, *, times: int) -> None:
        self._client = client
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **options: Any) -> Any:
        from botocore.exceptions import ClientError

        if self._times:
            self._times -= 1
            raise ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject")
        return self._client.put_object(**options)


def test_a_write_under_way_is_waited_for(s3_service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = a_store(s3_service, locked=False)
    monkeypatch.setattr(store, "_client", ConflictingOnce(store._client, times=1))
    assert store.read(store.put(b"x").sha256) == b"x"


def test_a_write_under_way_for_ever_is_said(
    s3_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = a_store(s3_service, locked=False)
    monkeypatch.setattr("records.s3_store.time.sleep", lambda _: None)
    monkeypatch.setattr(store, "_client", ConflictingOnce(store._client, times=99))
    with pytest.raises(StoreUnavailable, match="Conflict"):
        store.put(b"x")
