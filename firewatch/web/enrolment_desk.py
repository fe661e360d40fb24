"""The enrolment desk: where towers bring their codes. An application of its own, apart from the pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from firewatch.errors import EnrolmentError, FirewatchError, MalformedMessage, StoreError
from firewatch.web.body_limit import BodyLimit
from firewatch.web.login_tries import LoginTries
from firewatch.web.model_desk import add_model_questions
from firewatch.wire.enrolment import (
    AUTHORITY_PATH,
    ENROL_PATH,
    LOOK_PATH,
    RENEW_PATH,
    REVOKED_PATH,
    Enrolled,
    EnrolRequest,
    LookAnswer,
    LookRequest,
    Refusal,
    RenewRequest,
    read_message,
    write_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Struct

    from firewatch.services.enrolment import Enrolment
    from firewatch.services.enrolment_ports import Authority, CertificateBook, IssuedCertificate
    from firewatch.services.offering import Offering
    from firewatch.services.ports import Clock

__all__ = ["DeskServices", "create_desk", "create_public_files"]

# A check of a code costs 16 MiB on purpose.
_CHECKS_AT_ONCE = 2
_JSON, _PEM = "application/json", "application/x-pem-file"
# What a guesser would try again and again.
_GUESSES = frozenset({"code unknown", "not ours", "bad proof"})
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class DeskServices:
    """What the desk is given.

    Parameters
    ----------
    enrolment : Enrolment
        Decides.
    certificates : CertificateBook
        For the list of revoked ones.
    authority : Authority
        Signs.
    clock : Clock
        The centre's.
    tower_name : callable taking a tower's id
        Returns its name as people say it.
    broker : tuple of str and int
        Where towers send to.
    offering : Offering or None
        Gives towers their models; None offers none.
    package_keys : str
        Public keys, PEM, that a tower gets with its first certificate to verify packages with; empty: none.
    """

    enrolment: Enrolment
    certificates: CertificateBook
    authority: Authority
    clock: Clock
    tower_name: Callable[[str], str]
    broker: tuple[str, int]
    offering: Offering | None = None
    package_keys: str = ""


class _TooMany(EnrolmentError):
    """Too many wrong codes from one address."""

    def __init__(self, minutes: int) -> None:
        super().__init__("too many tries", f"too many wrong codes from this address; wait {minutes} minutes")


class _Desk:
    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._tries = LoginTries()
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def look(self, request: Request) -> Response:
        """Say which tower a code invites."""
        asked = read_message(await request.body(), LookRequest)
        record = await self._guarded(request, lambda: self._services.enrolment.look(asked.secret))
        name = self._services.tower_name(record.tower_id)
        return _json(LookAnswer(tower=record.tower_id, name=name, expires_at=record.expires_at))

    async def enrol(self, request: Request) -> Response:
        """Give a certificate for a code."""
        asked, address = read_message(await request.body(), EnrolRequest), _address(request)
        enrolment = self._services.enrolment
        issued = await self._guarded(request, lambda: enrolment.enrol(asked.secret, asked.request, address))
        return self._enrolled(issued, self._services.package_keys)

    async def renew(self, request: Request) -> Response:
        """Give the next certificate for the proof of the present key."""
        asked, address = read_message(await request.body(), RenewRequest), _address(request)
        enrolment = self._services.enrolment
        return self._enrolled(
            await self._guarded(
                request, lambda: enrolment.renew(asked.certificate, asked.request, asked.signature, address)
            )
        )

    def _enrolled(self, issued: IssuedCertificate, package_keys: str = "") -> Response:
        host, port = self._services.broker
        authority = self._services.authority.root_pem
        return _json(
            Enrolled(
                tower=issued.tower_id,
                certificate=issued.pem,
                authority=authority,
                broker_host=host,
                broker_port=port,
                package_keys=package_keys,
            )
        )

    async def _guarded(self, request: Request, ask: Callable[[], _Answer]) -> _Answer:
        """Ask, unless this address has guessed too often; a few at a time, for each costs memory."""
        address, now = _address(request), self._services.clock.now()
        if minutes := self._tries.wait("", address, now):
            raise _TooMany(minutes)
        try:
            async with self._checks:
                return await run_in_threadpool(ask)
        except EnrolmentError as err:
            if err.reason in _GUESSES:
                self._tries.failed("", address, now)
            raise


def create_desk(services: DeskServices) -> FastAPI:
    """Return the desk, to be served over TLS only."""
    app, desk = _bare("enrolment desk"), _Desk(services)
    for path, answer in ((LOOK_PATH, desk.look), (ENROL_PATH, desk.enrol), (RENEW_PATH, desk.renew)):
        app.add_api_route(path, answer, methods=["POST"], response_class=Response)
    if services.offering is not None:
        add_model_questions(app, services.offering)
    return app


def create_public_files(services: DeskServices) -> FastAPI:
    """Return the public files: the authority's certificate, believed by a code's pin, and the list of revoked ones."""
    app = _bare("public files of the authority")

    def authority() -> Response:
        return Response(services.authority.root_pem, media_type=_PEM)

    def revoked() -> Response:
        gone = [one for one in services.certificates.certificates() if one.revoked_at is not None]
        return Response(services.authority.revoked_list(gone, services.clock.now()), media_type=_PEM)

    app.add_api_route(AUTHORITY_PATH, authority, methods=["GET"], response_class=Response)
    app.add_api_route(REVOKED_PATH, revoked, methods=["GET"], response_class=Response)
    return app


def _bare(title: str) -> FastAPI:
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BodyLimit)
    app.add_exception_handler(FirewatchError, _refuse)
    return app


def _refuse(_request: Request, error: Exception) -> Response:
    match error:
        case _TooMany():
            status, reason = HTTPStatus.TOO_MANY_REQUESTS, error.reason
        case EnrolmentError():
            status, reason = HTTPStatus.FORBIDDEN, error.reason
        case MalformedMessage():
            status, reason = HTTPStatus.UNPROCESSABLE_ENTITY, "malformed"
        case StoreError():
            status, reason = HTTPStatus.SERVICE_UNAVAILABLE, "store"
        case _:
            status, reason = HTTPStatus.INTERNAL_SERVER_ERROR, "internal"
    return _json(Refusal(error=reason, words=str(error)[:2000]), status)


def _json(message: Struct, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(write_message(message), status, media_type=_JSON, headers={"Cache-Control": "no-store"})


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
