"""The forms of a tower's page, filled in as a browser does, and what was asked by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from web_centre import HTML

from firewatch.domain.ids import CameraId, TowerId
from firewatch.domain.roster import LOCAL_OPERATOR
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.commanding import Asking

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

    from firewatch.domain.remote import Action, Command

__all__ = ["C1", "NANYUE", "PAGE", "POST", "ask", "asked", "hidden", "press"]

NANYUE, C1 = TowerId("nanyue"), CameraId("c1")
PAGE = "/nodes/nanyue?lang=en"
POST = "/nodes/nanyue/commands"


def hidden(page: str, kind: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a kind, as a browser sends them."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{kind}"' in form)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def press(browser: httpx.Client, kind: str, /, **fields: str) -> httpx.Response:
    page = browser.get(PAGE, headers=HTML).text
    return browser.post(POST, data=hidden(page, kind) | fields, headers=HTML)


def asked(centre: Centre) -> list[Action]:
    return [record.command.action for record in centre.commands.latest(CommandsWanted(), 50)]


def ask(centre: Centre, action: Action) -> Command:
    assert centre.services.remote is not None
    return centre.services.remote.desk.issue(Asking(LOCAL_OPERATOR), NANYUE, action)
