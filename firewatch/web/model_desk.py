"""The desk's shelf of model packages: two questions that enrolled towers may ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from firewatch.wire.enrolment import Refusal, write_message
from firewatch.wire.model_offer import OFFERS_PATH, PACKAGE_PATTERN, read_question

if TYPE_CHECKING:
    from fastapi import FastAPI

    from firewatch.services.offering import Offering

__all__ = ["add_model_questions"]

_JSON, _PACKAGE = "application/json", "application/octet-stream"


def add_model_questions(app: FastAPI, offering: Offering) -> None:
    """Add the two questions to the enrolment desk; a package is given in parts where parts are asked for."""

    async def offers(request: Request) -> Response:
        question = read_question(request.headers, request.url.path)
        found = await run_in_threadpool(offering.offers, question)
        return Response(write_message(found), media_type=_JSON, headers={"Cache-Control": "no-store"})

    async def package(request: Request, sha256: str) -> Response:
        question = read_question(request.headers, request.url.path)
        path = await run_in_threadpool(offering.package, question, sha256)
        if path is None:
            words = f"no package {sha256[:64]} is offered here; `firewatch model offers` lists them"
            refusal = Refusal(error="not offered", words=words)
            return Response(write_message(refusal), HTTPStatus.NOT_FOUND, media_type=_JSON)
        return FileResponse(path, media_type=_PACKAGE, headers={"Cache-Control": "no-store", "ETag": f'"{sha256}"'})

    app.add_api_route(OFFERS_PATH, offers, methods=["GET"], response_class=Response)
    app.add_api_route(PACKAGE_PATTERN, package, methods=["GET"], response_class=Response)
