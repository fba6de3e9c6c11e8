"""Closing in bulk on April 1st: one authenticated session, an act a contract, and crashes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from walk import OFFICER, Walk

from econtract import bulk_closing
from econtract.authority_errors import BatchRefused
from econtract.bulk_closing import ItemState
from econtract.closing_models import ClosingItem
from econtract.errors import AuthorityMissing, SecondFactorMissing
from econtract.models import Act, Contract
from econtract.states import ContractState as S
from records import Database, audit, new_id
from signing.errors import CertificateExpired

BATCH = "00000000-0000-4000-8000-000000000600"
FACTORS = ("password", "mailed_code")


def press(walk: Walk, chosen: list[tuple[str, str]], **changes: Any) -> str:
    with walk.deps.database.transaction() as session:
        batch = bulk_closing.begin(
            session,
            **({
                "batch_id": BATCH,
                "chosen": chosen,
                "rules": walk.deps.rules,
                "officer": OFFICER.name,
                "factors": FACTORS,
                "evidence": {"address": "198.51.100.1"},
                "certificate": walk.deps.city_key.validity,
                "actor": OFFICER,
                "at": walk.now,
            } | changes),
        )  # fmt: skip
        return batch.id


def shown(walk: Walk) -> list[tuple[str, str]]:
    with walk.deps.database.reader() as session:
        found = bulk_closing.closable(
            session,
            rules=walk.deps.rules,
            certificate=walk.deps.city_key.validity,
            actor=OFFICER,
            at=walk.now,
        )
        return [(each.contract.id, each.sha256) for each in found]


def several(walk: Walk, number: int) -> list[str]:
    """Contracts that wait for the city, each walked for real."""
    made = []
    for n in range(number):
        walk.to(S.AWAITING_CITY, 案件番号=f"2026-物-{n:04}")
        made.append(walk.contract_id)
    return made


def copied(walk: Walk, number: int) -> None:
    """Contracts that wait for the city, as copies of the one walked for real (rows only)."""
    copies = text("""
        CREATE TEMP TABLE copy ON COMMIT DROP AS
        SELECT n, gen_random_uuid()::text AS contract, gen_random_uuid()::text AS document,
               gen_random_uuid()::text AS award FROM generate_series(1, :number) AS n
    """)
    with walk.deps.database.transaction() as session:
        session.execute(copies, {"number": number})
        source = {"c": walk.contract_id}
        for table, key, changes in (
            ("contract_award", "(SELECT award_id FROM contract WHERE id = :c)",
             {"id": "k.award", "case_number": "'copy-' || k.n"}),
            ("contract", ":c",
             {"id": "k.contract", "award_id": "k.award", "document_id": "k.document",
              "number": "'copy-' || k.n", "sequence": "k.n + 1000"}),
            ("contract_document", "(SELECT document_id FROM contract WHERE id = :c)",
             {"id": "k.document", "contract_id": "k.contract"}),
        ):  # fmt: skip
            columns = [str(row[0]) for row in session.execute(text(
                "SELECT column_name FROM information_schema.columns WHERE table_name = :t"
            ), {"t": table})]  # fmt: skip
            values = ", ".join(changes.get(column, f"s.{column}") for column in columns)
            session.execute(text(
                f"INSERT INTO {table} ({', '.join(columns)})"
                f" SELECT {values} FROM {table} s, copy k WHERE s.id = {key}"
            ), source)  # fmt: skip
        for table, changes in (
            ("contract_party", {"id": "md5(s.id || k.n)", "contract_id": "k.contract"}),
            ("contract_circulation", {"id": "md5(s.id || k.n)", "contract_id": "k.contract",
                                      "document_id": "k.document"}),
            ("contract_act", {"id": "md5(s.id || k.n)", "contract_id": "k.contract",
                              "document_id": "k.document", "party_id": "md5(s.party_id || k.n)"}),
        ):  # fmt: skip
            columns = [str(row[0]) for row in session.execute(text(
                "SELECT column_name FROM information_schema.columns WHERE table_name = :t"
            ), {"t": table})]  # fmt: skip
            values = ", ".join(changes.get(column, f"s.{column}") for column in columns)
            session.execute(text(
                f"INSERT INTO {table} ({', '.join(columns)})"
                f" SELECT {values} FROM {table} s, copy k WHERE s.contract_id = :c"
            ), source)  # fmt: skip


def test_s15_the_city_closes_in_bulk_each_document_with_its_own_act_record_and_progress(
    walk: Walk,
) -> None:
    made = several(walk, 3)
    chosen = shown(walk)
    assert [c for c, _ in chosen] == made
    assert press(walk, chosen) == press(walk, chosen) == BATCH  # a double click is one batch
    with walk.deps.database.reader() as session:
        assert bulk_closing.progress(session, BATCH).percent == 0
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        progress = bulk_closing.progress(session, BATCH)
        assert (progress.percent, progress.is_done, dict(progress.counts)) == (
            100, True, {"signed": 3},
        )  # fmt: skip
        acts = session.scalars(select(Act).where(Act.slot.like("City%"))).all()
        assert len({act.id for act in acts}) == 3
        assert {act.evidence["batch"] for act in acts} == {BATCH}
        assert all(tuple(act.factors) == ("mailed_code", "password") for act in acts)
        assert len({act.signed_at for act in acts}) == len(acts) or all(a.signed_at for a in acts)
        states = session.scalars(select(Contract.state)).all()
        assert set(states) == {S.CONCLUDED}
        assert [e.action for e in audit.history(session, f"closing:{BATCH}")] == ["closing.asked"]


def close_until_killed(url: str, pki: str, store: str, at: Any, dies_after: int) -> None:
    """A worker process that dies by SIGKILL inside the transaction of a row."""
    from pathlib import Path

    from walk import HeardNotices

    from econtract import execution, rules
    from econtract.deps import Deps
    from records import FixedClock, LocalStore
    from signing import development

    done = 0
    request_city = execution.request_city

    def mortal(*args: Any, **more: Any) -> Any:
        nonlocal done
        done += 1
        act = request_city(*args, **more)
        if done == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return act

    execution.request_city = mortal  # this process is about to die
    keys = development.load(Path(pki))
    deps = Deps(
        database=Database(url), store=LocalStore(Path(store)), clock=FixedClock(at),
        rules=rules.example(), notices=HeardNotices(), city_key=keys.city,
        service_key=keys.service, timestamper=keys.timestamper(), trust=keys.trust(),
        public_url="http://127.0.0.1:8000",
    )  # fmt: skip
    bulk_closing.close_batch(replace(deps), batch_id=BATCH)


@pytest.mark.slow
def test_s15_600_contracts_in_one_session_resume_after_a_kill_in_the_middle_without_duplicates(
    walk: Walk, database_url: str, pki_folder: Any, tmp_path: Any
) -> None:
    walk.to(S.AWAITING_CITY)
    copied(walk, 599)
    chosen = shown(walk)
    assert len(chosen) == 600
    press(walk, chosen)
    context = multiprocessing.get_context("spawn")
    worker = context.Process(
        target=close_until_killed,
        args=(database_url, str(pki_folder), str(tmp_path / "store"), walk.now, 250),
    )
    worker.start()
    worker.join(120)
    assert worker.exitcode == -signal.SIGKILL
    with walk.deps.database.reader() as session:
        counts = dict(bulk_closing.progress(session, BATCH).counts)
    assert counts == {"signing": 249, "waiting": 351}  # the 250th was undone with its process
    bulk_closing.close_batch(walk.deps, batch_id=BATCH)
    bulk_closing.close_batch(walk.deps, batch_id=BATCH)
    with walk.deps.database.reader() as session:
        assert dict(bulk_closing.progress(session, BATCH).counts) == {"signing": 600}
        acts = select(func.count(), func.count(Act.contract_id.distinct())).where(
            Act.state == "requested"
        )
        assert session.execute(acts).one() == (600, 600)
        asked = session.scalar(text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'econtract.sign'"
            " AND status = 'todo'"
        ))  # fmt: skip
        assert asked == 600


def test_one_row_that_cannot_be_signed_says_why_and_does_not_hold_up_the_others(
    walk: Walk,
) -> None:
    several(walk, 2)
    chosen = shown(walk)
    press(walk, [(chosen[0][0], "0" * 64), chosen[1]])
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        first, second = bulk_closing.progress(session, BATCH).lines
    assert (first.state, second.state) == ("refused", "signed")
    assert "契約書が新しくなりました" in first.words


def test_a_batch_without_second_factor_authority_or_contracts_is_refused_as_a_whole(
    walk: Walk,
) -> None:
    walk.to(S.AWAITING_CITY)
    chosen = shown(walk)
    with pytest.raises(SecondFactorMissing):
        press(walk, chosen, factors=("password",))
    with pytest.raises(BatchRefused, match="選ばれていません"):
        press(walk, [])
    with pytest.raises(BatchRefused, match="二度"):
        press(walk, chosen * 2)
    with pytest.raises(BatchRefused, match="1000件まで"):
        press(walk, [(new_id(), "0" * 64) for _ in range(1001)])

    with pytest.raises(AuthorityMissing):
        press(walk, chosen, rules=replace(walk.deps.rules, authorities=()))
    assert walk.state() == S.AWAITING_CITY


def test_a_stopped_batch_begins_nothing_more(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    press(walk, shown(walk))
    with walk.deps.database.transaction() as session:
        assert bulk_closing.stop(session, BATCH, actor=OFFICER, at=walk.now) == 1
        assert bulk_closing.stop(session, BATCH, actor=OFFICER, at=walk.now) == 0
    walk.run_jobs()
    assert walk.state() == S.AWAITING_CITY
    with walk.deps.database.reader() as session:
        assert session.scalars(select(ClosingItem.state)).all() == [ItemState.STOPPED]
        assert bulk_closing.progress(session, BATCH).is_done


def test_a_certificate_that_has_ended_stops_the_batch_before_it_and_each_row_within_it(
    walk: Walk,
) -> None:
    several(walk, 1)
    chosen = shown(walk)
    ended = replace(walk.deps.city_key.validity, not_after=walk.now - timedelta(seconds=1))
    with walk.deps.database.reader() as session:
        [each] = bulk_closing.closable(
            session, rules=walk.deps.rules, certificate=ended, actor=OFFICER, at=walk.now
        )
    assert isinstance(each.refusal, CertificateExpired)
    with pytest.raises(CertificateExpired) as caught:
        press(walk, chosen, certificate=ended)
    assert caught.value.remedy_ja
    press(walk, chosen)
    key = replace(walk.deps.city_key, not_after=ended.not_after)  # it ends while the batch waits
    bulk_closing.close_batch(replace(walk.deps, city_key=key), batch_id=BATCH)
    with walk.deps.database.reader() as session:
        [line] = bulk_closing.progress(session, BATCH).lines
    assert line.state == "refused"
    assert "有効期限" in line.words
    assert walk.state() == S.AWAITING_CITY
