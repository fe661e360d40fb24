"""The API's OpenAPI document, without a server and without a store."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from firewatch.web import api, danger_api, hotspot_api, looks_api, matching, whereabouts

__all__ = ["SUMMARY", "TITLE", "VERSION", "openapi_document"]

TITLE: Final = "firewatch"
VERSION: Final = "1"
SUMMARY: Final = "Incidents, sites and decisions of a forest fire watch centre."


def openapi_document() -> dict[str, Any]:
    """Return the document that ``docs/openapi.json`` holds; a running centre serves the same."""
    app = FastAPI(title=TITLE, version=VERSION, summary=SUMMARY)
    for part in (api, matching, danger_api, hotspot_api, whereabouts, looks_api):
        app.include_router(part.router)
    return app.openapi()
