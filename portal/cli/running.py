"""`warifu up | web | worker`: the service's processes."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Annotated

import typer

from portal import logging, migrations, settings
from portal.service import tend_database
from portal.settings import Settings
from portal.supervisor import Child, Supervisor, follow_parent

Port = Annotated[int, typer.Option(help="待ち受けるポート / port")]


def up() -> None:
    """サービス全体を動かす（画面とワーカー） / Run the whole service: web and worker."""
    from portal.service import Service

    wanted = settings.load()
    logging.configure(wanted.log_level)
    service = Service.from_settings(wanted, name="warifu up")
    migrations.upgrade(service.database)
    service.close()
    parent = Supervisor(
        [child("web"), child("worker"), *access_points(wanted)],
        lambda words: typer.echo(words, err=True),
        tend=functools.partial(tend_database, wanted),
    )
    parent.stop_on_signals()
    parent.start()
    typer.echo(f"{wanted.web.public_url}  (Ctrl-C で終了 / to stop)", err=True)
    parent.watch()


def child(command: str, name: str = "") -> Child:
    """A process of this service, as the supervisor starts it."""
    return Child(name or command, [sys.executable, "-m", "portal", command])


def access_points(wanted: Settings) -> list[Child]:
    """The Peppol access point's processes, where this service is one."""
    if wanted.peppol.mode != "access_point":
        return []
    numbers = range(1, wanted.peppol.processes + 1)
    return [child("access-point", f"access-point {number}") for number in numbers]


def web() -> None:
    """画面とAPIを動かす / Run the web process."""
    import uvicorn

    from portal.app import create_app
    from portal.service import Service

    follow_parent()
    wanted = settings.load()
    logging.configure(wanted.log_level)
    service = Service.from_settings(wanted, name="warifu web")
    try:
        uvicorn.run(
            create_app(service),
            host=wanted.web.host,
            port=wanted.web.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(wanted.web.trusted_proxies),
            forwarded_allow_ips=list(wanted.web.trusted_proxies),
            timeout_graceful_shutdown=10,
        )
    finally:
        service.close()


def worker() -> None:
    """仕事（作成・署名・メール）を進める / Run the worker process."""
    from portal.service import Service
    from portal.worker import make_worker

    follow_parent()
    wanted: Settings = settings.load()
    logging.configure(wanted.log_level)
    service = Service.from_settings(wanted, name="warifu worker")
    try:
        make_worker(service).run()
    finally:
        service.close()


def development_tsa(folder: Path, port: Port = 8318) -> None:
    """開発用の時刻認証局（本番では使わない） / A development time-stamping authority."""
    from portal.development_tsa import serve

    follow_parent()
    serve(folder, port)
