"""`warifu operator add`: the first person of a new installation, who then makes the others.

Only operators are made here: an operator manages people and sees no contract or invoice, so who
holds the server cannot give himself a desk by this command without it standing in the audit trail.
"""

from __future__ import annotations

from typing import Annotated

import typer

from portal import migrations, settings
from portal.accounts import queries, registering
from portal.desks.staff_desk import LOGIN_NAME, new_password
from portal.errors import BadRequest
from portal.security.roles import Role
from portal.service import Service
from records import Actor, SystemClock

app = typer.Typer(help="運用管理者 / Operators", no_args_is_help=True)

ACTOR = Actor("operator", "command-line", "warifu operator add")


@app.callback()
def operator() -> None:
    """運用管理者 / Operators."""


@app.command()
def add(
    login_name: Annotated[str, typer.Argument(help="サインインの名前 / login name")],
    name: Annotated[str, typer.Option(help="氏名 / the person's name")],
    mail: Annotated[str, typer.Option(help="メールアドレス / mail address")] = "",
) -> None:
    """運用管理者を登録し、最初のパスワードを表示する / Add an operator; the password is shown once.

    ほかの職員は、その人が画面の「職員」で登録します / The others are added on the staff page.
    """
    if not LOGIN_NAME.fullmatch(login_name):
        raise BadRequest(
            field="login_name",
            detail_ja="サインインの名前は、半角の英小文字と数字で2〜64文字にしてください。",
            detail_en="The login name is 2 to 64 lower-case letters and digits.",
        )
    service = Service.from_settings(settings.load(), name="warifu operator")
    try:
        migrations.require_head(service.database)
        password = new_password()
        with service.database.transaction() as session:
            if queries.user_by_login_name(session, login_name) is not None:
                raise BadRequest(
                    field="login_name",
                    detail_ja=f"「{login_name}」はもう登録されています。",
                    detail_en=f"'{login_name}' is already registered.",
                )
            registering.add_staff(
                session,
                login_name=login_name,
                display_name=name,
                mail=mail,
                roles=[Role.OPERATOR],
                password=password,
                actor=ACTOR,
                at=SystemClock().now(),
            )
    finally:
        service.close()
    typer.echo(f"登録しました / added: {login_name}")
    typer.echo(f"パスワード（この1回だけ表示） / password, shown this once: {password}")
