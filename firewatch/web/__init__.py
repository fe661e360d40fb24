"""The pages: a JSON API, server-sent events, the command centre, the ranger's phone page."""

from firewatch.web.app import create_app
from firewatch.web.openapi import openapi_document
from firewatch.web.wiring import WebServices, WebSettings

__all__ = ["WebServices", "WebSettings", "create_app", "openapi_document"]
