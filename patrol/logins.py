"""Logins (会话): a user's own cookies for one host, sealed at rest and bound to a note of the authority to use them.

Rules:
- AES-256-GCM with a key of the home's own (`keys/logins.key`, mode 0600); id, host and authority are authenticated with the
  cookies, so that none of them can be changed apart from the others
- only cookies of that host or of a domain above it are taken; the others are named by count, never by value
- cookies go to the crawl's process on its standard input and to that host only: never into a log, a record or evidence

NOT guaranteed: that a browser tells two ports of one host apart (RFC 6265, 8.5); secrecy from whoever may read both the database and the home's keys; a backup holds both.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guards.atomic import write_atomic
from guards.errors import both
from patrol.errors import Misused, PatrolError, see
from records.crawl import Login
from records.ids import new_ulid
from records.model import Watch

MAX_COOKIES, MAX_BYTES = 200, 200_000
"""Cookies of one login, and bytes of a cookies' file."""
_NONCE, _KEY, _JAR_FIELDS = 12, 32, 7
_FORMS = both(
    "支持:浏览器导出的 cookies.txt(Netscape)、JSON 列表,或一行 a=1; b=2",
    "give a browser's cookies.txt (Netscape), a JSON list, or one line a=1; b=2",
)


def read_cookies(text: str, host: str) -> tuple[dict[str, str], int]:
    """Return the cookies of a file that a host is sent, and how many were of other hosts.

    Raises Misused where the text holds none of the host's, or is in no form that is known.
    """
    if len(text) > MAX_BYTES:
        raise Misused(
            both(f"Cookie 文件不得超过 {MAX_BYTES} 字节", f"expected at most {MAX_BYTES} bytes of cookies"), _FORMS
        )
    found = _listed(text) if text.lstrip().startswith(("[", "{")) else _jar(text) if "\t" in text else _line(text, host)
    mine = {name: value for name, value, domain in found if _covers(domain, host)}
    if not mine or len(mine) > MAX_COOKIES:
        raise Misused(
            both(
                f"{host} 的 Cookie 应有 1 至 {MAX_COOKIES} 个,实有 {len(mine)} 个(另有 {len(found) - len(mine)} 个属于别的站点)",
                f"expected 1 to {MAX_COOKIES} cookies of {host}, found {len(mine)} (and {len(found) - len(mine)} of other hosts)",
            ),
            _FORMS,
        )
    return mine, len(found) - len(mine)


def _covers(domain: str, host: str) -> bool:
    """Whether a cookie of a domain is sent to a host (RFC 6265, 5.1.3); a domain of one label covers nothing."""
    name, own = domain.lstrip(".").lower(), host.partition(":")[0].lower()
    return name == own or ("." in name and own.endswith(f".{name}") and not own.replace(".", "").isdigit())


def _line(text: str, host: str) -> list[tuple[str, str, str]]:
    parts = [part.partition("=") for part in text.strip().removeprefix("Cookie:").split(";")]
    return [
        (name.strip(), value.strip(), host.partition(":")[0])
        for name, equals, value in parts
        if equals and name.strip()
    ]


def _listed(text: str) -> list[tuple[str, str, str]]:
    try:
        entries: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Misused(both("Cookie 文件不是有效的 JSON", "expected JSON, found a broken one"), _FORMS) from error
    entries = entries.get("cookies", []) if isinstance(entries, dict) else entries
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise Misused(both("应为 Cookie 的列表", "expected a list of cookies"), _FORMS)
    return [(str(one.get("name", "")), str(one.get("value", "")), str(one.get("domain", ""))) for one in entries]


def _jar(text: str) -> list[tuple[str, str, str]]:
    """Read a cookies.txt: seven fields a line, by tabs: domain, whether below it too, path, secure, expiry, name, value."""
    lines = [line.removeprefix("#HttpOnly_") for line in text.splitlines()]
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    if any(len(row) != _JAR_FIELDS for row in rows):
        raise Misused(both("cookies.txt 的格式不对", "expected a cookies.txt, found another form"), _FORMS)
    return [(row[5], row[6], row[0]) for row in rows]


class LoginKeeper:
    """Seals and opens logins with the key in a file, which is made when it is first needed."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file

    def seal(
        self, host: str, cookies: Mapping[str, str], authority: str, actor: str, now: datetime, expires: datetime | None
    ) -> Login:
        """Return a sealed login; raise Misused without a note of the authority or for a host that is none."""
        if not authority.strip():
            raise Misused(
                both(
                    "须写明使用该登录状态的授权依据", "expected a note of the authority to use this login, found none"
                ),
                "--authority TEXT",
            )
        if not host or any(char in host for char in "/@ ?#"):
            raise Misused(
                both(f"应为主机名,实为 {host[:60]!r}", f"expected a host, found {host[:60]!r}"), "shop.example"
            )
        known = new_ulid()
        nonce = secrets.token_bytes(_NONCE)
        data = json.dumps(dict(cookies), ensure_ascii=False).encode()
        sealed = nonce + AESGCM(self._key()).encrypt(nonce, data, _bound(known, host, authority))
        return Login(known, host, authority, actor, now, expires, sealed)

    def open(self, login: Login, now: datetime) -> dict[str, str]:
        """Return a login's cookies; raise PatrolError where it has expired, was changed, or is of another key."""
        if login.expires_at is not None and now >= login.expires_at:
            raise PatrolError(
                both(
                    f"{login.host} 的登录状态已于 {login.expires_at:%Y-%m-%d} 到期",
                    f"the login for {login.host} expired on {login.expires_at:%Y-%m-%d}",
                ),
                see("login add"),
            )
        try:
            data = AESGCM(self._key()).decrypt(
                login.sealed[:_NONCE], login.sealed[_NONCE:], _bound(login.id, login.host, login.authority)
            )
        except (InvalidTag, ValueError) as error:
            raise PatrolError(
                both(
                    f"{login.host} 的登录状态被改动,或密钥不符",
                    f"the login for {login.host} was changed, or is of another key",
                ),
                see("login add"),
            ) from error
        return {str(name): str(value) for name, value in json.loads(data).items()}

    def cookies_of(
        self, watch: Watch, get: Callable[[str], Login | None], now: datetime
    ) -> tuple[str, Mapping[str, str]]:
        """Return a watch's host and cookies, "" and none where it uses no login; raise PatrolError where it cannot be used."""
        if not watch.session_id:
            return "", {}
        login = get(watch.session_id)
        if login is None:
            raise PatrolError(
                both("监测任务的登录状态已被删除", "the login of this watch was removed"),
                see("watch add … --session ID"),
            )
        return login.host, self.open(login, now)

    def _key(self) -> bytes:
        if not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, os.urandom(_KEY), mode=0o600)
        key = self._file.read_bytes()
        if len(key) != _KEY:
            message = both(f"密钥文件 {self._file} 已损坏", f"expected {_KEY} bytes in {self._file}, found {len(key)}")
            raise PatrolError(message, both("从备份恢复它", "restore it from a backup"))
        return key


def _bound(known: str, host: str, authority: str) -> bytes:
    return json.dumps([known, host, authority], ensure_ascii=False).encode()
