"""The first tables of every room, the audit trail's guards, the job queue.

Revision: 0001, after , 2026-11-23
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from records import AUDIT_DDL, jobs

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_api_answer",
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", "key_hash", name=op.f("pk_account_api_answer")),
    )
    op.create_table(
        "account_api_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("holder_kind", sa.String(length=8), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("ending", sa.String(length=4), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_account_api_key_key_hash")),
    )
    op.create_index(
        op.f("ix_account_api_key_holder_id"), "account_api_key", ["holder_id"], unique=False
    )
    op.create_table(
        "account_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_code")),
    )
    op.create_index(
        op.f("ix_account_code_purpose_subject_holder_id"),
        "account_code",
        ["purpose", "subject", "holder_id"],
        unique=False,
    )
    op.create_table(
        "account_factor",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_factor")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_account_factor_credential_id")),
    )
    op.create_index(
        op.f("ix_account_factor_holder_id"), "account_factor", ["holder_id"], unique=False
    )
    op.create_table(
        "account_passkey_challenge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_passkey_challenge")),
    )
    op.create_index(
        op.f("ix_account_passkey_challenge_created_at"),
        "account_passkey_challenge",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "account_rate_window",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", "window_start", name=op.f("pk_account_rate_window")),
    )
    op.create_table(
        "account_session",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("holder_kind", sa.String(length=8), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_account_session")),
    )
    op.create_index(
        op.f("ix_account_session_expires_at"), "account_session", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_account_session_holder_id"), "account_session", ["holder_id"], unique=False
    )
    op.create_table(
        "account_user",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login_name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("kana", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_user")),
        sa.UniqueConstraint("login_name", name=op.f("uq_account_user_login_name")),
    )
    op.create_table(
        "account_vendor",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kana", sa.String(length=200), nullable=False),
        sa.Column("corporate_number", sa.String(length=13), nullable=True),
        sa.Column("registration_number", sa.String(length=14), nullable=True),
        sa.Column("representative_title", sa.String(length=100), nullable=False),
        sa.Column("representative_name", sa.String(length=100), nullable=False),
        sa.Column("postal_code", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("bank_code", sa.String(length=4), nullable=True),
        sa.Column("bank_name", sa.String(length=60), nullable=True),
        sa.Column("branch_code", sa.String(length=3), nullable=True),
        sa.Column("branch_name", sa.String(length=60), nullable=True),
        sa.Column("account_type", sa.String(length=1), nullable=True),
        sa.Column("account_number", sa.String(length=7), nullable=True),
        sa.Column("account_holder_kana", sa.String(length=60), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_vendor")),
        sa.UniqueConstraint("code", name=op.f("uq_account_vendor_code")),
    )
    op.create_table(
        "advances_to_settle",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("settle_by", sa.Date(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advances_to_settle")),
        sa.UniqueConstraint("number", name=op.f("uq_advances_to_settle_number")),
    )
    op.create_index(
        op.f("ix_advances_to_settle_vendor_id"), "advances_to_settle", ["vendor_id"], unique=False
    )
    op.create_table(
        "approval_deputies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("holder_name", sa.String(length=400), nullable=False),
        sa.Column("deputy_id", sa.String(length=36), nullable=False),
        sa.Column("deputy_name", sa.String(length=400), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("made_by_name", sa.String(length=400), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_deputies")),
    )
    op.create_index(
        op.f("ix_approval_deputies_deputy_id"), "approval_deputies", ["deputy_id"], unique=False
    )
    op.create_table(
        "approval_routes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("setsu", sa.String(length=10), nullable=False),
        sa.Column("amount_from", sa.Numeric(18, 0), nullable=False),
        sa.Column("head_title", sa.String(length=100), nullable=False),
        sa.Column("treasurer", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_routes")),
        sa.UniqueConstraint(
            "setsu", "amount_from", name=op.f("uq_approval_routes_setsu_amount_from")
        ),
    )
    op.create_table(
        "audit_anchors",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_anchors")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=400), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_actor", "audit_entries", ["actor_kind", "actor_id", "seq"], unique=False
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "budget_allotments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("kan", sa.String(length=10), nullable=False),
        sa.Column("kou", sa.String(length=10), nullable=False),
        sa.Column("moku", sa.String(length=10), nullable=False),
        sa.Column("jigyo", sa.String(length=10), nullable=False),
        sa.Column("setsu", sa.String(length=10), nullable=False),
        sa.Column("saisetsu", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_allotments")),
        sa.UniqueConstraint(
            "fiscal_year",
            "account",
            "section",
            "kan",
            "kou",
            "moku",
            "jigyo",
            "setsu",
            "saisetsu",
            name=op.f(
                "uq_budget_allotments_fiscal_year_account_section_kan_kou_moku_jigyo_setsu_saisetsu"
            ),
        ),
    )
    op.create_table(
        "commitments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("contract_no", sa.String(length=100), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("is_combined", sa.Boolean(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("carried_over", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("kan", sa.String(length=10), nullable=False),
        sa.Column("kou", sa.String(length=10), nullable=False),
        sa.Column("moku", sa.String(length=10), nullable=False),
        sa.Column("jigyo", sa.String(length=10), nullable=False),
        sa.Column("setsu", sa.String(length=10), nullable=False),
        sa.Column("saisetsu", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitments")),
        sa.UniqueConstraint("number", name=op.f("uq_commitments_number")),
    )
    op.create_index(
        op.f("ix_commitments_contract_no"), "commitments", ["contract_no"], unique=False
    )
    op.create_table(
        "contract_authority",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=400), nullable=False),
        sa.Column("delegator", sa.String(length=400), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("holder_name", sa.String(length=400), nullable=False),
        sa.Column("capacity", sa.String(length=400), nullable=False),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("up_to", sa.Numeric(18, 0), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("evidence_note", sa.String(length=400), nullable=False),
        sa.Column("evidence_name", sa.String(length=255), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=400), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.String(length=200), nullable=True),
        sa.Column("verified_by_name", sa.String(length=400), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_name", sa.String(length=400), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_authority")),
    )
    op.create_index(
        op.f("ix_contract_authority_holder_id"), "contract_authority", ["holder_id"], unique=False
    )
    op.create_index(
        op.f("ix_contract_authority_organisation_id"),
        "contract_authority",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "contract_award",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("case_number", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("department", sa.String(length=400), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("vendor_name", sa.String(length=400), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("award_date", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("member_vendor_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_award")),
        sa.UniqueConstraint(
            "source", "case_number", name=op.f("uq_contract_award_source_case_number")
        ),
    )
    op.create_table(
        "contract_award_source",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_by_name", sa.String(length=400), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_contract_award_source")),
    )
    op.create_table(
        "contract_ceremony",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("holder_id", sa.String(length=36), nullable=False),
        sa.Column("case_code_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_id", sa.String(length=36), nullable=True),
        sa.Column("code_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("factor", sa.String(length=16), server_default="", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_ceremony")),
        sa.UniqueConstraint(
            "session_hash",
            "contract_id",
            name=op.f("uq_contract_ceremony_session_hash_contract_id"),
        ),
    )
    op.create_table(
        "contract_closing_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("officer", sa.String(length=400), nullable=False),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("date_reason", sa.String(length=1000), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_closing_batch")),
    )
    op.create_index(
        op.f("ix_contract_closing_batch_asked_at"),
        "contract_closing_batch",
        ["asked_at"],
        unique=False,
    )
    op.create_table(
        "contract_deputy",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=200), nullable=False),
        sa.Column("principal_name", sa.String(length=400), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=400), nullable=False),
        sa.Column("deputy_id", sa.String(length=200), nullable=False),
        sa.Column("deputy_name", sa.String(length=400), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_deputy")),
    )
    op.create_index(
        op.f("ix_contract_deputy_deputy_id"), "contract_deputy", ["deputy_id"], unique=False
    )
    op.create_index(
        op.f("ix_contract_deputy_principal_id"), "contract_deputy", ["principal_id"], unique=False
    )
    op.create_table(
        "contract_disposal_list",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("prepared_by", sa.String(length=200), nullable=False),
        sa.Column("prepared_by_name", sa.String(length=400), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_name", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_disposal_list")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_disposal_list_number")),
    )
    op.create_table(
        "contract_import",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("csv_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_by_name", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_import")),
        sa.UniqueConstraint("csv_sha256", name=op.f("uq_contract_import_csv_sha256")),
    )
    op.create_table(
        "contract_number_series",
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fiscal_year", name=op.f("pk_contract_number_series")),
    )
    op.create_table(
        "contract_route_table",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("written_by", sa.String(length=200), nullable=False),
        sa.Column("written_by_name", sa.String(length=400), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_name", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_route_table")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_route_table_number")),
    )
    op.create_index(
        op.f("ix_contract_route_table_state"), "contract_route_table", ["state"], unique=False
    )
    op.create_table(
        "contract_template_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("based_on", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("written_by", sa.String(length=200), nullable=False),
        sa.Column("written_by_name", sa.String(length=400), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_name", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.Column("preview_revision", sa.Integer(), nullable=False),
        sa.Column("preview_pages", sa.Integer(), nullable=False),
        sa.Column("preview_problem", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_template_version")),
        sa.UniqueConstraint(
            "kind", "version", name=op.f("uq_contract_template_version_kind_version")
        ),
    )
    op.create_index(
        op.f("ix_contract_template_version_kind_state"),
        "contract_template_version",
        ["kind", "state"],
        unique=False,
    )
    op.create_table(
        "creditors",
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_number", sa.String(length=20), nullable=True),
        sa.Column("corporate_number", sa.String(length=13), nullable=True),
        sa.Column("fee", sa.String(length=10), nullable=False),
        sa.Column("bank_code", sa.String(length=4), nullable=False),
        sa.Column("bank_name", sa.String(length=15), nullable=False),
        sa.Column("branch_code", sa.String(length=3), nullable=False),
        sa.Column("branch_name", sa.String(length=15), nullable=False),
        sa.Column("account_type", sa.String(length=1), nullable=False),
        sa.Column("account_number", sa.String(length=7), nullable=False),
        sa.Column("payee_kana", sa.String(length=60), nullable=False),
        sa.Column("account_changed_on", sa.Date(), nullable=True),
        sa.Column("notice_on_file", sa.Text(), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("vendor_id", name=op.f("pk_creditors")),
        sa.UniqueConstraint("number", name=op.f("uq_creditors_number")),
    )
    op.create_index(
        op.f("ix_creditors_corporate_number"), "creditors", ["corporate_number"], unique=False
    )
    op.create_index(
        op.f("ix_creditors_registration_number"), "creditors", ["registration_number"], unique=False
    )
    op.create_table(
        "export_layouts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_by_id", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=400), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=400), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_layouts")),
        sa.UniqueConstraint(
            "kind", "name", "version", name=op.f("uq_export_layouts_kind_name_version")
        ),
    )
    op.create_index(
        "uq_export_layouts_in_use",
        "export_layouts",
        ["kind", "name"],
        unique=True,
        postgresql_where=sa.text("state = 'in_use'"),
    )
    op.create_table(
        "handover_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("payable", sa.Numeric(18, 0), nullable=False),
        sa.Column("net", sa.Numeric(18, 0), nullable=False),
        sa.Column("made_by_id", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=400), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("taken_back_by", sa.String(length=400), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_batches")),
        sa.UniqueConstraint("serial", name=op.f("uq_handover_batches_serial")),
    )
    op.create_table(
        "inspections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("contract_no", sa.String(length=100), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("notified_on", sa.Date(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("performed_on", sa.Date(), nullable=True),
        sa.Column("inspector_id", sa.String(length=200), nullable=False),
        sa.Column("inspector_name", sa.String(length=400), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("number", name=op.f("uq_inspections_number")),
        sa.UniqueConstraint("serial", name=op.f("uq_inspections_serial")),
    )
    op.create_index(
        op.f("ix_inspections_contract_no"), "inspections", ["contract_no"], unique=False
    )
    op.create_table(
        "intake_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=400), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_batches")),
        sa.UniqueConstraint("serial", name=op.f("uq_intake_batches_serial")),
    )
    op.create_index(
        "uq_intake_batches_same",
        "intake_batches",
        ["vendor_id", "sha256"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "job_progress",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job_progress")),
    )
    op.create_table(
        "network_messages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("network", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=600), nullable=True),
        sa.Column("instance_identifier", sa.String(length=200), nullable=False),
        sa.Column("sender_seat", sa.String(length=60), nullable=False),
        sa.Column("receiver_seat", sa.String(length=60), nullable=False),
        sa.Column("sender", sa.String(length=140), nullable=False),
        sa.Column("receiver", sa.String(length=140), nullable=False),
        sa.Column("document_type", sa.String(length=600), nullable=False),
        sa.Column("process", sa.String(length=300), nullable=False),
        sa.Column("mls_to", sa.String(length=140), nullable=True),
        sa.Column("mls_type", sa.String(length=20), nullable=True),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digests", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("peer_certificate", sa.LargeBinary(), nullable=True),
        sa.Column("soap_sha256", sa.String(length=64), nullable=True),
        sa.Column("payload_sha256", sa.String(length=64), nullable=True),
        sa.Column("expanded_size", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("invoice_id", sa.String(length=36), nullable=True),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("document_number", sa.String(length=200), nullable=True),
        sa.Column("wire_sha256", sa.String(length=64), nullable=True),
        sa.Column("wire", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=100), nullable=False),
        sa.Column("error_ja", sa.Text(), nullable=False),
        sa.Column("error_en", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "(direction = 'incoming' AND state IN ('kept', 'handed_on', 'rejected') AND message_id IS NOT NULL) OR (direction = 'outgoing' AND state IN ('waiting', 'delivered', 'failed'))",
            name=op.f("ck_network_messages_states_of_direction"),
        ),
        sa.CheckConstraint(
            "state <> 'delivered' OR receipt IS NOT NULL",
            name=op.f("ck_network_messages_delivered_is_proven"),
        ),
        sa.CheckConstraint(
            "receipt IS NULL OR receipted IS NOT NULL",
            name=op.f("ck_network_messages_receipt_has_instant"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["network_messages.id"],
            name=op.f("fk_network_messages_replaces_id_network_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_messages")),
        sa.UniqueConstraint(
            "direction", "message_id", name=op.f("uq_network_messages_direction_message_id")
        ),
        sa.UniqueConstraint("serial", name=op.f("uq_network_messages_serial")),
    )
    op.create_index(
        "ix_network_messages_document", "network_messages", ["document_number"], unique=False
    )
    op.create_index(
        "ix_network_messages_instance",
        "network_messages",
        ["direction", "instance_identifier"],
        unique=False,
    )
    op.create_index(
        op.f("ix_network_messages_invoice_id"), "network_messages", ["invoice_id"], unique=False
    )
    op.create_index(
        "ix_network_messages_state",
        "network_messages",
        ["direction", "state", "serial"],
        unique=False,
    )
    op.create_index(
        "uq_network_messages_own_envelope",
        "network_messages",
        ["instance_identifier"],
        unique=True,
        postgresql_where=sa.text("direction = 'outgoing'"),
    )
    op.create_index(
        "uq_network_messages_replaced",
        "network_messages",
        ["replaces_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NOT NULL"),
    )
    op.create_table(
        "prepared_work",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("request_key", sa.String(length=80), nullable=False),
        sa.Column("made_by_id", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=400), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prepared_work")),
        sa.UniqueConstraint(
            "made_by_id", "request_key", name=op.f("uq_prepared_work_made_by_id_request_key")
        ),
        sa.UniqueConstraint("serial", name=op.f("uq_prepared_work_serial")),
    )
    op.create_index("ix_prepared_work_kind", "prepared_work", ["kind", "serial"], unique=False)
    op.create_table(
        "registry_answers",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered", sa.Date(), nullable=True),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("number", "day", name=op.f("pk_registry_answers")),
    )
    op.create_table(
        "registry_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("rows_refused", sa.BigInteger(), nullable=False),
        sa.Column("odd_check_digits", sa.BigInteger(), nullable=False),
        sa.Column("first_refusals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_imports")),
        sa.UniqueConstraint("sha256", name=op.f("uq_registry_imports_sha256")),
    )
    op.create_index(
        "ix_registry_imports_published", "registry_imports", ["published"], unique=False
    )
    op.create_table(
        "registry_registrations",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registered", sa.Date(), nullable=False),
        sa.Column("updated", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("cancelled", sa.Date(), nullable=True),
        sa.Column("lapsed", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trade_name", sa.Text(), nullable=False),
        sa.Column("other_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "registered", name=op.f("pk_registry_registrations")),
    )
    op.create_table(
        "account_bank_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_by_name", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_name", sa.String(length=100), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["account_vendor.id"],
            name=op.f("fk_account_bank_change_vendor_id_account_vendor"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_bank_change")),
    )
    op.create_index(
        op.f("ix_account_bank_change_vendor_id"), "account_bank_change", ["vendor_id"], unique=False
    )
    op.create_table(
        "account_oidc_link",
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("fk_account_oidc_link_user_id_account_user")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account_oidc_link")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_oidc_link_user_id")),
    )
    op.create_table(
        "account_vendor_user",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["account_vendor.id"],
            name=op.f("fk_account_vendor_user_vendor_id_account_vendor"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_vendor_user")),
        sa.UniqueConstraint(
            "vendor_id", "mail", name=op.f("uq_account_vendor_user_vendor_id_mail")
        ),
    )
    op.create_index(
        op.f("ix_account_vendor_user_mail"), "account_vendor_user", ["mail"], unique=False
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("replaces_id", sa.String(length=36), nullable=True),
        sa.Column("city_name", sa.String(length=400), nullable=False),
        sa.Column("template_version", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("place", sa.String(length=400), nullable=False),
        sa.Column("department", sa.String(length=400), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("vendor_name", sa.String(length=400), nullable=False),
        sa.Column("registration_number", sa.String(length=14), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("tax", sa.Numeric(18, 0), nullable=False),
        sa.Column("tax_rate", sa.Integer(), nullable=False),
        sa.Column("amount_is_estimate", sa.Boolean(), nullable=False),
        sa.Column("award_date", sa.Date(), nullable=False),
        sa.Column("contract_date", sa.Date(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drafted_by", sa.String(length=200), nullable=False),
        sa.Column("drafted_by_name", sa.String(length=400), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("note", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_sha256", sa.String(length=64), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_sha256", sa.String(length=64), nullable=True),
        sa.Column("kept_sha256", sa.String(length=64), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewal_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewal_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=True),
        sa.Column("vendor_has_copy_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copy_reminders", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["award_id"], ["contract_award.id"], name=op.f("fk_contract_award_id_contract_award")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["contract.id"], name=op.f("fk_contract_replaces_id_contract")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint(
            "fiscal_year", "sequence", name=op.f("uq_contract_fiscal_year_sequence")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_contract_number")),
    )
    op.create_index(op.f("ix_contract_award_id"), "contract", ["award_id"], unique=False)
    op.create_index(op.f("ix_contract_department"), "contract", ["department"], unique=False)
    op.create_index(op.f("ix_contract_renewal_due"), "contract", ["renewal_due"], unique=False)
    op.create_index(op.f("ix_contract_state"), "contract", ["state"], unique=False)
    op.create_index(op.f("ix_contract_vendor_id"), "contract", ["vendor_id"], unique=False)
    op.create_index(
        "uq_contract_award_id_live",
        "contract",
        ["award_id"],
        unique=True,
        postgresql_where=sa.text(
            "state NOT IN ('declined', 'withdrawn', 'halted', 'voted_down', 'disposed') AND form NOT IN ('amendment', 'memorandum')"
        ),
    )
    op.create_table(
        "inspection_lines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("inspection_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contract_line", sa.String(length=50), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("accepted_quantity", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("accepted_gross", sa.Numeric(18, 0), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspections.id"],
            name=op.f("fk_inspection_lines_inspection_id_inspections"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_lines")),
    )
    op.create_index(
        op.f("ix_inspection_lines_inspection_id"),
        "inspection_lines",
        ["inspection_id"],
        unique=False,
    )
    op.create_table(
        "network_answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("about_id", sa.String(length=36), nullable=True),
        sa.Column("subject", sa.String(length=700), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("sender", sa.String(length=140), nullable=False),
        sa.Column("receiver", sa.String(length=140), nullable=False),
        sa.Column("document_type", sa.String(length=600), nullable=False),
        sa.Column("process", sa.String(length=300), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "(state = 'sent') = (sent IS NOT NULL)",
            name=op.f("ck_network_answers_sent_has_instant"),
        ),
        sa.ForeignKeyConstraint(
            ["about_id"],
            ["network_messages.id"],
            name=op.f("fk_network_answers_about_id_network_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_answers")),
        sa.UniqueConstraint(
            "subject", "document_type", name=op.f("uq_network_answers_subject_document_type")
        ),
    )
    op.create_index(
        op.f("ix_network_answers_about_id"), "network_answers", ["about_id"], unique=False
    )
    op.create_index(
        "ix_network_answers_due", "network_answers", ["state", "next_try"], unique=False
    )
    op.create_table(
        "network_replies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("about_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"],
            ["network_messages.id"],
            name=op.f("fk_network_replies_about_id_network_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["network_messages.id"],
            name=op.f("fk_network_replies_source_id_network_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_replies")),
        sa.UniqueConstraint("source_id", name=op.f("uq_network_replies_source_id")),
    )
    op.create_index(
        op.f("ix_network_replies_about_id"), "network_replies", ["about_id"], unique=False
    )
    op.create_table(
        "received_invoices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("submission", sa.String(length=36), nullable=True),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("original_size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=True),
        sa.Column("transcript", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("examination_error", sa.String(length=200), nullable=True),
        sa.Column("profile", sa.String(length=20), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("qualified", sa.String(length=20), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.Column("number_key", sa.String(length=100), nullable=True),
        sa.Column("digits_key", sa.String(length=100), nullable=True),
        sa.Column("holds_number", sa.Boolean(), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("seller_name", sa.String(length=300), nullable=True),
        sa.Column("registration_number", sa.String(length=20), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("gross", sa.Numeric(18, 0), nullable=True),
        sa.Column("prepaid", sa.Numeric(18, 0), nullable=True),
        sa.Column("payable", sa.Numeric(18, 0), nullable=True),
        sa.Column("tax_shares", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registry_answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("contract_no", sa.String(length=100), nullable=True),
        sa.Column("contract_id", sa.String(length=36), nullable=True),
        sa.Column("contract_title", sa.String(length=300), nullable=True),
        sa.Column("section", sa.String(length=100), nullable=True),
        sa.Column("claim_kind", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.Column("first_result", sa.String(length=30), nullable=True),
        sa.Column("clock_start", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("pay_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("inspection_no", sa.String(length=50), nullable=True),
        sa.Column("commitment_id", sa.String(length=36), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("held_by", sa.String(length=400), nullable=True),
        sa.Column("held_at", sa.String(length=20), nullable=True),
        sa.Column("replaces_id", sa.String(length=36), nullable=True),
        sa.Column("same_as_id", sa.String(length=36), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=400), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "NOT holds_number OR is_live", name=op.f("ck_received_invoices_only_live_hold_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitments.id"],
            name=op.f("fk_received_invoices_commitment_id_commitments"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["received_invoices.id"],
            name=op.f("fk_received_invoices_replaces_id_received_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["same_as_id"],
            ["received_invoices.id"],
            name=op.f("fk_received_invoices_same_as_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_invoices")),
        sa.UniqueConstraint("serial", name=op.f("uq_received_invoices_serial")),
    )
    op.create_index(
        "ix_received_invoices_commitment", "received_invoices", ["commitment_id"], unique=False
    )
    op.create_index(
        "ix_received_invoices_contract", "received_invoices", ["contract_no"], unique=False
    )
    op.create_index(
        "ix_received_invoices_newest", "received_invoices", ["state", "serial"], unique=False
    )
    op.create_index(
        "ix_received_invoices_queue",
        "received_invoices",
        ["state", "due_on", "serial"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_received_on", "received_invoices", ["received_on"], unique=False
    )
    op.create_index(
        "ix_received_invoices_search",
        "received_invoices",
        ["search_grams"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_received_invoices_section",
        "received_invoices",
        ["section", "state", "due_on"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_section_newest",
        "received_invoices",
        ["section", "serial"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_submission",
        "received_invoices",
        ["submission"],
        unique=False,
        postgresql_where=sa.text("submission IS NOT NULL"),
    )
    op.create_index(
        "ix_received_invoices_vendor",
        "received_invoices",
        ["vendor_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_vendor_gross",
        "received_invoices",
        ["vendor_id", "gross"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_vendor_newest",
        "received_invoices",
        ["vendor_id", "serial"],
        unique=False,
    )
    op.create_index(
        "ix_received_invoices_vendor_number",
        "received_invoices",
        ["vendor_id", "number_key"],
        unique=False,
    )
    op.create_index(
        "uq_received_invoices_held_number",
        "received_invoices",
        ["vendor_id", "number_key"],
        unique=True,
        postgresql_where=sa.text("holds_number"),
    )
    op.create_index(
        "uq_received_invoices_live_bytes",
        "received_invoices",
        ["vendor_id", "original_sha256"],
        unique=True,
        postgresql_where=sa.text("is_live"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_received_invoices_message_id",
        "received_invoices",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_table(
        "account_login_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("vendor_user_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.LargeBinary(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_user_id"],
            ["account_vendor_user.id"],
            name=op.f("fk_account_login_link_vendor_user_id_account_vendor_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_login_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_login_link_token_hash")),
    )
    op.create_index(
        op.f("ix_account_login_link_subject"), "account_login_link", ["subject"], unique=False
    )
    op.create_index(
        op.f("ix_account_login_link_vendor_user_id"),
        "account_login_link",
        ["vendor_user_id"],
        unique=False,
    )
    op.create_table(
        "claimed_items",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_claimed_items_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claimed_items")),
    )
    op.create_index(
        op.f("ix_claimed_items_invoice_id"), "claimed_items", ["invoice_id"], unique=False
    )
    op.create_index(
        "uq_claimed_items_live_item",
        "claimed_items",
        ["item"],
        unique=True,
        postgresql_where=sa.text("NOT released"),
    )
    op.create_table(
        "contract_advance_grant",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("advance_percent", sa.Integer(), nullable=False),
        sa.Column("interim_percent", sa.Integer(), nullable=False),
        sa.Column("part_payments", sa.Integer(), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=400), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interim_certified_by_name", sa.String(length=400), nullable=False),
        sa.Column("interim_certified_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_advance_grant_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_advance_grant")),
    )
    op.create_table(
        "contract_amendment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("change", sa.Numeric(18, 0), nullable=False),
        sa.Column("tax_change", sa.Numeric(18, 0), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("vote_needed", sa.Boolean(), nullable=False),
        sa.Column("vote_reason", sa.String(length=400), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_amendment_contract_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["contract.id"], name=op.f("fk_contract_amendment_parent_id_contract")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_amendment")),
        sa.UniqueConstraint("contract_id", name=op.f("uq_contract_amendment_contract_id")),
        sa.UniqueConstraint(
            "parent_id", "position", name=op.f("uq_contract_amendment_parent_id_position")
        ),
    )
    op.create_table(
        "contract_attachment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.Column("added_by_name", sa.String(length=400), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_attachment_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_attachment")),
    )
    op.create_index(
        op.f("ix_contract_attachment_contract_id"),
        "contract_attachment",
        ["contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_attachment_sha256"), "contract_attachment", ["sha256"], unique=False
    )
    op.create_table(
        "contract_cancellation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("ground", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_name", sa.String(length=400), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_name", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.Column("seen_by_vendor_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_cancellation_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_cancellation")),
    )
    op.create_index(
        op.f("ix_contract_cancellation_contract_id"),
        "contract_cancellation",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_closing_item",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("seen_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["contract_closing_batch.id"],
            name=op.f("fk_contract_closing_item_batch_id_contract_closing_batch"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_closing_item_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_contract_closing_item")),
    )
    op.create_index(
        op.f("ix_contract_closing_item_contract_id"),
        "contract_closing_item",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_council_vote",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("voted_on", sa.Date(), nullable=False),
        sa.Column("bill_number", sa.String(length=60), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=400), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_council_vote_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_council_vote")),
    )
    op.create_table(
        "contract_disposal_item",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("list_id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("destroyed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_disposal_item_contract_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["contract_disposal_list.id"],
            name=op.f("fk_contract_disposal_item_list_id_contract_disposal_list"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_disposal_item")),
        sa.UniqueConstraint(
            "list_id", "contract_id", name=op.f("uq_contract_disposal_item_list_id_contract_id")
        ),
    )
    op.create_index(
        op.f("ix_contract_disposal_item_contract_id"),
        "contract_disposal_item",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_document",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("slots", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_document_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_document")),
        sa.UniqueConstraint(
            "contract_id", "version", name=op.f("uq_contract_document_contract_id_version")
        ),
    )
    op.create_table(
        "contract_guarantee",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("guarantor", sa.String(length=400), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_by_name", sa.String(length=400), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by_name", sa.String(length=400), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_guarantee_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_guarantee")),
    )
    op.create_index(
        op.f("ix_contract_guarantee_contract_id"),
        "contract_guarantee",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_import_row",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=400), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("contract_id", sa.String(length=36), nullable=True),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("mismatches", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_sha256", sa.String(length=64), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_import_row_contract_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["contract_import.id"],
            name=op.f("fk_contract_import_row_import_id_contract_import"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_import_row")),
        sa.UniqueConstraint(
            "import_id", "line", name=op.f("uq_contract_import_row_import_id_line")
        ),
    )
    op.create_index(
        op.f("ix_contract_import_row_import_id_state"),
        "contract_import_row",
        ["import_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_import_row_sha256"), "contract_import_row", ["sha256"], unique=False
    )
    op.create_table(
        "contract_legal_hold",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("set_by_name", sa.String(length=400), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by_name", sa.String(length=400), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_legal_hold_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_legal_hold")),
    )
    op.create_index(
        op.f("ix_contract_legal_hold_contract_id"),
        "contract_legal_hold",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_life_reminder",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_life_reminder_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint(
            "contract_id", "kind", "day", name=op.f("pk_contract_life_reminder")
        ),
    )
    op.create_table(
        "contract_party",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=100), nullable=False),
        sa.Column("organisation", sa.String(length=400), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("person", sa.String(length=400), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_party_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_party")),
        sa.UniqueConstraint(
            "contract_id", "position", name=op.f("uq_contract_party_contract_id_position")
        ),
    )
    op.create_index(
        op.f("ix_contract_party_vendor_id"), "contract_party", ["vendor_id"], unique=False
    )
    op.create_table(
        "contract_performance_notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("performed_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("given_by_name", sa.String(length=400), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("answered_by_name", sa.String(length=400), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("inspection_id", sa.String(length=36), nullable=True),
        sa.Column("inspection_number", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_performance_notice_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_performance_notice")),
    )
    op.create_index(
        op.f("ix_contract_performance_notice_answer"),
        "contract_performance_notice",
        ["answer"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_performance_notice_contract_id"),
        "contract_performance_notice",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_reissue",
        sa.Column("ended_contract_id", sa.String(length=36), nullable=False),
        sa.Column("award_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("released_by", sa.String(length=200), nullable=False),
        sa.Column("released_by_name", sa.String(length=400), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_contract_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["award_id"],
            ["contract_award.id"],
            name=op.f("fk_contract_reissue_award_id_contract_award"),
        ),
        sa.ForeignKeyConstraint(
            ["ended_contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_reissue_ended_contract_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["new_contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_reissue_new_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("ended_contract_id", name=op.f("pk_contract_reissue")),
    )
    op.create_index(
        op.f("ix_contract_reissue_award_id"), "contract_reissue", ["award_id"], unique=False
    )
    op.create_table(
        "contract_signing_reminder",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_signing_reminder_contract_id_contract"),
        ),
        sa.PrimaryKeyConstraint("contract_id", "day", name=op.f("pk_contract_signing_reminder")),
    )
    op.create_table(
        "finding_releases",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("check_id", sa.String(length=60), nullable=False),
        sa.Column("message_seen", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_finding_releases_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "check_id", name=op.f("pk_finding_releases")),
    )
    op.create_table(
        "handover_items",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("payable", sa.Numeric(18, 0), nullable=False),
        sa.Column("net", sa.Numeric(18, 0), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("bank_result", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["handover_batches.id"],
            name=op.f("fk_handover_items_batch_id_handover_batches"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_handover_items_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_items")),
        sa.UniqueConstraint("order_no", name=op.f("uq_handover_items_order_no")),
        sa.UniqueConstraint("serial", name=op.f("uq_handover_items_serial")),
    )
    op.create_index(
        op.f("ix_handover_items_batch_id"), "handover_items", ["batch_id"], unique=False
    )
    op.create_index(
        "uq_handover_items_live_invoice",
        "handover_items",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("NOT cancelled"),
    )
    op.create_table(
        "intake_files",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=True),
        sa.Column("message_ja", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["intake_batches.id"],
            name=op.f("fk_intake_files_batch_id_intake_batches"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_intake_files_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_intake_files")),
    )
    op.create_table(
        "invoice_decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_decisions_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_decisions")),
        sa.UniqueConstraint(
            "invoice_id", "version", name=op.f("uq_invoice_decisions_invoice_id_version")
        ),
    )
    op.create_table(
        "invoice_deductions",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("base", sa.Numeric(18, 0), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.Column("income_number", sa.String(length=50), nullable=False),
        sa.Column("payee", sa.String(length=300), nullable=False),
        sa.Column("decided_by", sa.String(length=400), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_deductions_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "seq", name=op.f("pk_invoice_deductions")),
    )
    op.create_table(
        "invoice_drafts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("vendor_id", sa.String(length=36), nullable=False),
        sa.Column("contract_no", sa.String(length=100), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoice_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_drafts_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_drafts")),
    )
    op.create_index(
        op.f("ix_invoice_drafts_vendor_id"), "invoice_drafts", ["vendor_id"], unique=False
    )
    op.create_table(
        "invoice_findings",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("resolver", sa.String(length=10), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.String(length=100), nullable=True),
        sa.Column("term", sa.String(length=20), nullable=True),
        sa.Column("message_ja", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.Column("remedy_ja", sa.Text(), nullable=False),
        sa.Column("remedy_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_findings_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "seq", name=op.f("pk_invoice_findings")),
    )
    op.create_table(
        "invoice_returns",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("fault", sa.String(length=10), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_on", sa.Date(), nullable=False),
        sa.Column("corrected_by_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["corrected_by_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_returns_corrected_by_id_received_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_returns_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_returns")),
    )
    op.create_table(
        "invoice_shares",
        sa.Column("invoice_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("kan", sa.String(length=10), nullable=False),
        sa.Column("kou", sa.String(length=10), nullable=False),
        sa.Column("moku", sa.String(length=10), nullable=False),
        sa.Column("jigyo", sa.String(length=10), nullable=False),
        sa.Column("setsu", sa.String(length=10), nullable=False),
        sa.Column("saisetsu", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(18, 0), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["received_invoices.id"],
            name=op.f("fk_invoice_shares_invoice_id_received_invoices"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", "seq", name=op.f("pk_invoice_shares")),
    )
    op.create_table(
        "contract_act",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=400), nullable=False),
        sa.Column("capacity", sa.String(length=900), nullable=False),
        sa.Column("statement", sa.String(length=400), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_sha256", sa.String(length=64), nullable=False),
        sa.Column("input_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_act_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["contract_document.id"],
            name=op.f("fk_contract_act_document_id_contract_document"),
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["contract_party.id"],
            name=op.f("fk_contract_act_party_id_contract_party"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_act")),
        sa.UniqueConstraint("document_id", "slot", name=op.f("uq_contract_act_document_id_slot")),
    )
    op.create_index(
        op.f("ix_contract_act_contract_id"), "contract_act", ["contract_id"], unique=False
    )
    op.create_table(
        "contract_circulation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("route_id", sa.String(length=40), nullable=False),
        sa.Column("rules_version", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("signers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("needs_vote", sa.Boolean(), nullable=False),
        sa.Column("submitted_by", sa.String(length=200), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract.id"],
            name=op.f("fk_contract_circulation_contract_id_contract"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["contract_document.id"],
            name=op.f("fk_contract_circulation_document_id_contract_document"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_circulation")),
    )
    op.create_index(
        op.f("ix_contract_circulation_contract_id"),
        "contract_circulation",
        ["contract_id"],
        unique=False,
    )
    op.create_table(
        "contract_consent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=400), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_consent_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["contract_party.id"],
            name=op.f("fk_contract_consent_party_id_contract_party"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_consent")),
    )
    op.create_index(
        op.f("ix_contract_consent_contract_id"), "contract_consent", ["contract_id"], unique=False
    )
    op.create_table(
        "contract_page_image",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["contract_document.id"],
            name=op.f("fk_contract_page_image_document_id_contract_document"),
        ),
        sa.PrimaryKeyConstraint("document_id", "page", name=op.f("pk_contract_page_image")),
    )
    op.create_table(
        "contract_decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("circulation_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_by_name", sa.String(length=400), nullable=True),
        sa.Column("deputy_for", sa.String(length=400), nullable=False),
        sa.Column("deputy_reason", sa.String(length=1000), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("seen_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["circulation_id"],
            ["contract_circulation.id"],
            name=op.f("fk_contract_decision_circulation_id_contract_circulation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_decision")),
        sa.UniqueConstraint(
            "circulation_id", "position", name=op.f("uq_contract_decision_circulation_id_position")
        ),
    )
    op.create_index(op.f("ix_contract_decision_role"), "contract_decision", ["role"], unique=False)
    for statements in AUDIT_DDL.values():
        for statement in statements:
            op.execute(sa.text(statement))
    jobs.install(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("what the city keeps is not dropped; restore a backup instead")
