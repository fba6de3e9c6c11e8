"""Errors about time-stamping authorities."""

from __future__ import annotations

from .root import SigningError


class TimestampError(SigningError):
    """A time-stamping authority did not give a usable token."""

    code = "signing.timestamp"
    fix_ja = "署名は行われていません。時刻認証局の状態を確認してもう一度実行してください。"
    fix_en = "Nothing was signed. Check the authority and try again."


class AuthorityUnreachable(TimestampError):
    """No connection, or an HTTP error."""

    code = "signing.tsa_unreachable"
    ja = "時刻認証局「{authority}」に接続できません（{reason}）。"
    en = "The time-stamping authority {authority} cannot be reached ({reason})."


class AuthorityTooSlow(TimestampError):
    """No answer within the time limit."""

    code = "signing.tsa_slow"
    ja = "時刻認証局「{authority}」が{seconds}秒以内に応答しませんでした。"
    en = "The time-stamping authority {authority} did not answer within {seconds} s."


class AuthorityRefused(TimestampError):
    """The answer says the request was not granted."""

    code = "signing.tsa_refused"
    ja = "時刻認証局「{authority}」が要求を拒否しました（{reason}）。"
    en = "The time-stamping authority {authority} refused the request ({reason})."


class AuthorityGarbled(TimestampError):
    """The answer is no RFC 3161 response."""

    code = "signing.tsa_garbled"
    ja = "時刻認証局「{authority}」の応答を読めません（{reason}）。"
    en = "The answer of {authority} cannot be read ({reason})."


class WrongNonce(TimestampError):
    """The answer belongs to another request."""

    code = "signing.tsa_nonce"
    ja = "時刻認証局「{authority}」の応答の乱数（nonce）が要求と一致しません。"
    en = "The nonce in the answer of {authority} is not the one sent."


class WrongImprint(TimestampError):
    """The token is about other data."""

    code = "signing.tsa_imprint"
    ja = "時刻認証局「{authority}」の応答は別のデータに対するものです。"
    en = "The token of {authority} is for other data."


class WrongPolicy(TimestampError):
    """The token was issued under another policy than the configured one."""

    code = "signing.tsa_policy"
    ja = "時刻認証局「{authority}」のポリシー（{policy}）が設定と異なります。"
    en = "The token of {authority} names the policy {policy}, which is not the configured one."


class TokenUntrusted(TimestampError):
    """The token's signature or certificate chain does not hold."""

    code = "signing.tsa_untrusted"
    ja = "時刻認証局「{authority}」のタイムスタンプを信頼できません（{reason}）。"
    en = "The token of {authority} cannot be trusted ({reason})."


class ClocksDisagree(TimestampError):
    """The authority's time and this machine's differ by more than the limit."""

    code = "signing.clock_skew"
    ja = "時刻認証局「{authority}」の時刻とこのサーバーの時計が{seconds}秒ずれています。"
    en = "The time of {authority} and this machine's clock differ by {seconds} s."
    fix_ja = "署名は行われていません。サーバーの時計（NTP）を確認してください。"
    fix_en = "Nothing was signed. Check this machine's clock (NTP)."


class NoToken(TimestampError):
    """No authority gave a token. There is no fallback to the local clock."""

    code = "signing.no_token"
    ja = "どの時刻認証局からもタイムスタンプを取得できませんでした（{reasons}）。"
    en = "No time-stamping authority gave a token ({reasons})."
    failures: list[TimestampError] = []  # replaced by the instance's own list; oldest first
