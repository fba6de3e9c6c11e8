"""The store on an S3 service, with object lock where the bucket has it.

    <prefix>objects/<sha256>    the bytes
    <prefix>names/<name>        {"name": …, "sha256": …, "size": …}

Write-once by ``If-None-Match: *`` (the second writer gets 412), so many nodes share one bucket.
With ``retention`` every object is put under COMPLIANCE mode until then: nobody, the owner of the
bucket included, can shorten it. boto3 (extra ``s3``) is imported when a store is made.
"""

import functools
import json
import shutil
import tempfile
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from records.clock import Clock, SystemClock, as_utc
from records.errors import StoredObjectDamaged, StoredObjectMissing, StoreUnavailable
from records.store import (
    LARGEST_OBJECT,
    PIECE,
    Stored,
    checked_file,
    checked_name,
    checked_sha256,
    stored_of,
    stored_of_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_NAME_RECORD = 4096
_CONFLICTS = 5


class _Conflict(Exception):
    """409: another conditional write of the key is under way; AWS asks to try again."""


class S3Store:
    """``Store`` in a bucket. Credentials come from the arguments or boto3's usual places."""

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        retention: timedelta | None = None,
        clock: Clock | None = None,
        limit: int = LARGEST_OBJECT,
    ) -> None:
        try:
            import boto3  # type: ignore[import-untyped]
            from botocore.config import Config  # type: ignore[import-untyped]
        except ImportError as error:
            raise StoreUnavailable(reason="pip install 'warifu[s3]'") from error
        self._bucket = bucket
        self._prefix = prefix
        self._retention = retention
        self._clock = clock or SystemClock()
        self._limit = limit
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region or "us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 4, "mode": "standard"},
                s3={"addressing_style": "path"} if endpoint_url else {},
            ),
        )

    def put(self, data: bytes, *, name: str | None = None) -> Stored:
        stored = stored_of(data, limit=self._limit)
        if name is not None and (earlier := self.named(name)) is not None:
            return earlier
        if not self._put_once(self._object_key(stored.sha256), data):
            self.read(stored.sha256)  # the same bytes, or StoredObjectDamaged
        if name is None:
            return stored
        record = {"name": name, "sha256": stored.sha256, "size": stored.size}
        if self._put_once(self._name_key(name), json.dumps(record).encode()):
            return stored
        # Another node gave the name between our look and our write: theirs stands.
        earlier = self.named(name)
        if earlier is None:
            raise StoreUnavailable(reason=f"name vanished: {name}")
        return earlier

    def put_file(self, file: BinaryIO) -> Stored:
        stored = stored_of_file(file, limit=self._limit)
        if not self._put_once(self._object_key(stored.sha256), file):
            self.open(stored.sha256).close()  # the same bytes, or StoredObjectDamaged
        return stored

    def read(self, sha256: str) -> bytes:
        data = self._get(self._object_key(checked_sha256(sha256)), self._limit)
        if data is None:
            raise StoredObjectMissing(sha256=sha256)
        found = stored_of(data, limit=self._limit + 1).sha256
        if found != sha256:
            raise StoredObjectDamaged(sha256=sha256, found=found)
        return data

    def open(self, sha256: str) -> BinaryIO:
        key = self._object_key(checked_sha256(sha256))
        answer = self._call(
            lambda: self._client.get_object(Bucket=self._bucket, Key=key),
            absent=("NoSuchKey", "404"),
        )
        if answer is None:
            raise StoredObjectMissing(sha256=sha256)
        file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            with answer["Body"] as body:
                shutil.copyfileobj(body, file, PIECE)
            file.seek(0)
        except Exception as error:  # botocore and urllib3 each have a tree of their own
            file.close()
            raise StoreUnavailable(reason=type(error).__name__) from error
        return checked_file(file, sha256)

    def named(self, name: str) -> Stored | None:
        data = self._get(self._name_key(name), _LARGEST_NAME_RECORD)
        if data is None:
            return None
        try:
            record = json.loads(data)
            if record["name"] != name:
                raise ValueError(record["name"])
            return Stored(checked_sha256(record["sha256"]), int(record["size"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StoredObjectDamaged(sha256=f"name {name}", found="?") from error

    def exists(self, sha256: str) -> bool:
        key = self._object_key(checked_sha256(sha256))
        answer = self._call(
            lambda: self._client.head_object(Bucket=self._bucket, Key=key), absent=("404",)
        )
        if answer is None:
            # HEAD has no body: a missing bucket answers 404 like a missing object.
            self._call(lambda: self._client.head_bucket(Bucket=self._bucket), absent=())
        return answer is not None

    def destroy(self, sha256: str) -> bool:
        """Every version goes; one under an object lock is refused by the storage."""
        key = self._object_key(checked_sha256(sha256))
        listed = self._call(
            lambda: self._client.list_object_versions(Bucket=self._bucket, Prefix=key), absent=()
        )
        found = [
            each["VersionId"]
            for group in ("Versions", "DeleteMarkers")
            for each in listed.get(group, [])
            if each["Key"] == key
        ]
        for version in found:
            self._call(
                functools.partial(
                    self._client.delete_object, Bucket=self._bucket, Key=key, VersionId=version
                ),
                absent=(),
            )
        return bool(listed.get("Versions"))

    def retain(self, sha256: str, until: datetime) -> None:
        """Lock the object (COMPLIANCE) until ``until``; only ever later, never earlier."""
        key = self._existing_key(sha256)
        self._call(
            lambda: self._client.put_object_retention(
                Bucket=self._bucket,
                Key=key,
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": as_utc(until)},
            ),
            absent=(),
        )

    def hold(self, sha256: str, *, on: bool) -> None:
        """Put the object under legal hold, or release it."""
        key = self._existing_key(sha256)
        self._call(
            lambda: self._client.put_object_legal_hold(
                Bucket=self._bucket, Key=key, LegalHold={"Status": "ON" if on else "OFF"}
            ),
            absent=(),
        )

    def _existing_key(self, sha256: str) -> str:
        if not self.exists(sha256):
            raise StoredObjectMissing(sha256=sha256)
        return self._object_key(sha256)

    def _object_key(self, digest: str) -> str:
        return f"{self._prefix}objects/{digest}"

    def _name_key(self, name: str) -> str:
        return f"{self._prefix}names/{checked_name(name)}"

    def _put_once(self, key: str, data: bytes | BinaryIO) -> bool:
        start = 0 if isinstance(data, bytes) else data.tell()
        lock: dict[str, Any] = {}
        if self._retention is not None:
            lock = {
                "ObjectLockMode": "COMPLIANCE",
                "ObjectLockRetainUntilDate": self._clock.now() + self._retention,
            }
        for attempt in range(_CONFLICTS):
            if not isinstance(data, bytes):
                data.seek(start)
            try:
                answer = self._call(
                    lambda: self._client.put_object(
                        Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*", **lock
                    ),
                    absent=("PreconditionFailed", "412"),
                )
            except _Conflict:
                time.sleep(0.1 * 2**attempt)
            else:
                return answer is not None
        raise StoreUnavailable(reason="S3 ConditionalRequestConflict")

    def _get(self, key: str, limit: int) -> bytes | None:
        answer = self._call(
            lambda: self._client.get_object(Bucket=self._bucket, Key=key),
            absent=("NoSuchKey", "404"),
        )
        if answer is None:
            return None
        try:
            with answer["Body"] as body:
                data: bytes = body.read(limit + 1)
        except Exception as error:  # botocore and urllib3 each have a tree of their own
            raise StoreUnavailable(reason=type(error).__name__) from error
        if len(data) > limit:
            raise StoredObjectDamaged(sha256=key, found=f"> {limit} bytes")
        return data

    def _call(self, call: "Callable[[], Any]", *, absent: tuple[str, ...]) -> Any:
        """Return the answer, or ``None`` for the error codes ``absent``; others are ours."""
        from botocore.exceptions import (  # type: ignore[import-untyped]
            BotoCoreError,
            ClientError,
        )

        try:
            return call()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "?"))
            if code in absent:
                return None
            if code == "ConditionalRequestConflict":
                raise _Conflict from error
            raise StoreUnavailable(reason=f"S3 {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(reason=type(error).__name__) from error
