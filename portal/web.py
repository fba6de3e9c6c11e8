"""What every page gets: the service and one transaction a request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from portal.service import Service


def get_service(request: Request) -> Service:
    """The service that this application was built with."""
    service: Service = request.app.state.service
    return service


#: Where a request's session carries the instant of the request (``now_of``).
NOW = "warifu.now"


def now_of(session: Session) -> datetime:
    """When the request began, for what is counted on every page without the service at hand."""
    instant: datetime = session.info[NOW]
    return instant


def get_session(request: Request) -> Iterator[Session]:
    """One transaction around the endpoint: committed when it returns, undone when it raises.

    Use it through ``DbSession``: its scope is the *function*, so the commit happens before the
    answer leaves. (FastAPI's default scope commits after the answer: a browser could be told
    "saved", and a failed commit would never be seen. A test refuses routes that use the default.)
    """
    service = get_service(request)
    with service.database.transaction() as session:
        session.info[NOW] = service.clock.now()
        request.state.session = session
        yield session


DbSession = Annotated[Session, Depends(get_session, scope="function")]
