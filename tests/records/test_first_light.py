"""A first walk over all parts: replaced by the thorough tests beside it."""

from sqlalchemy import text

from records import Actor, Database, FixedClock, LocalStore, audit, calendar, jobs

CLERK = Actor("staff", "u1", "調達 花子")


def test_walk(database: Database, clock: FixedClock, store: LocalStore) -> None:
    seen: list[str] = []
    with database.transaction() as session:
        audit.append(session, CLERK, "contract.approved", "contract:1", {"yen": 100}, clock.now())
        audit.append(session, CLERK, "contract.sent", "contract:1", {"to": "v"}, clock.now())
        jobs.enqueue(session, "test.one", key="a", args={"word": "印刷"})
        jobs.enqueue(session, "test.one", key="a", args={"word": "x"})
    assert jobs.run_due(database, {"test.one": lambda word: seen.append(word)}) == 1
    assert seen == ["印刷"]
    with database.reader() as session:
        assert audit.verify(session).is_whole
        assert len(audit.history(session, "contract:1")) == 2
        assert session.execute(text("select count(*) from procrastinate_jobs")).scalar() == 0
    with database.transaction() as session:
        assert audit.anchor(session, lambda digest: b"token" + digest, clock.now())
        assert audit.anchor(session, lambda digest: b"token" + digest, clock.now()) is None
    stored = store.put(b"abc", name="signing/1")
    assert store.put(b"other", name="signing/1") == stored
    assert calendar.wareki(calendar.jst_date(clock.now())) == "令和8年11月24日"
