"""`warifu access-point`: the process that takes Peppol messages in."""

from __future__ import annotations

import socket

from portal import logging, migrations, settings
from portal.errors import SettingsError
from portal.supervisor import follow_parent


def access_point() -> None:
    """Peppolのアクセスポイント（受け口）を動かす / Run the Peppol access point.

    POST /as4 をこのプロセスだけが受けます。外からは TLS を終える代理サーバーの後ろに置きます。
    同じポートで何個でも動かせます / Any number may run on the same port, behind a TLS proxy.
    """
    import uvicorn

    from portal.network.endpoint import create_endpoint
    from portal.service import Service

    follow_parent()
    wanted = settings.load()
    if wanted.peppol.mode != "access_point":
        raise SettingsError(
            problems_ja="・WARIFU_PEPPOL__MODE: access_point にしてください。",
            problems_en="- WARIFU_PEPPOL__MODE: set it to access_point.",
        )
    logging.configure(wanted.log_level)
    service = Service.from_settings(wanted, name="warifu access-point")
    listener = _listener(wanted.peppol.host, wanted.peppol.port)
    try:
        migrations.require_head(service.database)
        config = uvicorn.Config(
            create_endpoint(service),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        service.close()


def _listener(host: str, port: int) -> socket.socket:
    """A socket that several processes may listen on; the kernel shares connections among them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "SO_REUSEPORT"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener
