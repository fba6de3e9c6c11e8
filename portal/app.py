"""The web application: every router, every layer around them, in one readable list.

From outside to inside a request passes: headers and request number → log line → error pages →
size limit → form guard → the route with its ``require``. The web process imports neither
WeasyPrint nor pyHanko (a test looks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI

from portal import (
    account_pages,
    api_reference,
    error_pages,
    factor_pages,
    front,
    health,
    mailbox,
    oidc_pages,
    sign_in_pages,
    vendor_sign_in_pages,
)
from portal.body_limit import BodyLimit
from portal.contracts import routes as contract_routes
from portal.desks import routes as desk_routes
from portal.figures import routes as figure_routes
from portal.invoices import routes as invoice_routes
from portal.logging import RequestLog
from portal.network import routes as network_routes
from portal.pages import STATIC
from portal.security.csrf import guard_forms
from portal.security.headers import DoorHeaders
from portal.security.hosts import OwnNames
from portal.static_files import VersionedFiles

if TYPE_CHECKING:
    from portal.service import Service


def routers() -> list[APIRouter]:
    """Every router but the demonstration's, in the order in which paths are tried."""
    return [
        front.router,
        sign_in_pages.router,
        oidc_pages.router,
        vendor_sign_in_pages.router,
        account_pages.router,
        factor_pages.router,
        health.router,
        api_reference.router,
        *desk_routes.routers(),
        *contract_routes.routers(),
        *invoice_routes.routers(),
        *figure_routes.routers(),
        *network_routes.routers(),
    ]


def create_app(service: Service, *, raise_unknown: bool = False) -> FastAPI:
    """The application over a service.

    :param raise_unknown: after the 500 page, raise what nobody expected again (for tests).
    """
    settings = service.settings
    app = FastAPI(
        title="warifu",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(guard_forms)],
        redirect_slashes=False,
        # Its spans and logs would carry whole addresses (links) and exception texts (input).
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    for router in routers():
        app.include_router(router)
    if settings.demo:
        app.include_router(mailbox.router)
    app.mount("/static", VersionedFiles(directory=STATIC), name="static")
    # The last added is the outermost.
    app.add_middleware(OwnNames, settings=settings)
    app.add_middleware(
        BodyLimit,
        megabytes=settings.limits.upload_mb,
        larger=((contract_routes.DRAWINGS, settings.limits.drawing_mb),),
    )
    error_pages.install(app, raise_unknown=raise_unknown)
    app.add_middleware(RequestLog)
    app.add_middleware(DoorHeaders, secure=settings.web.secure)
    return app
