"""Finds ONVIF devices on the network by WS-Discovery: one question to all, answers collected for a while.

The libraries for it are under the LGPL-3 or turn in a busy loop; one probe and its answers are a page.
"""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from firewatch.errors import MountUnavailableError

__all__ = ["FoundDevice", "discover"]

# WS-Discovery 1.1, section 3.1.1: IPv4 group and port.
_GROUP, _PORT = "239.255.255.250", 3702
_MOST_BYTES = 65_535
_REPEATS, _REPEAT_S = 2, 0.3
_SCOPE = "onvif://www.onvif.org/"
_PROBE = """<?xml version="1.0" encoding="utf-8"?>\
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">\
<s:Header><a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
<a:MessageID>urn:uuid:{message_id}</a:MessageID>\
<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered.

    Parameters
    ----------
    address : str
        Its device service.
    name, hardware, location : str
        As it says; empty where it does not.
    turns : bool
        Whether it says that it has a mount.
    """

    address: str
    name: str = ""
    hardware: str = ""
    location: str = ""
    turns: bool = False


def discover(
    timeout_s: float = 4.0, interface: str = "", to: tuple[str, int] = (_GROUP, _PORT)
) -> tuple[FoundDevice, ...]:
    """Ask the network for ONVIF devices.

    Parameters
    ----------
    timeout_s : float
        How long answers are waited for [s].
    interface : str
        IPv4 address of the network interface to ask on; empty leaves it to the routing table.
    to : (str, int)
        Whom to ask: the multicast group, or one device.

    Returns
    -------
    tuple of FoundDevice
        By address, each once.

    Raises
    ------
    MountUnavailableError
        If the question cannot be sent.
    """
    message_id = str(uuid.uuid4())
    question = _PROBE.format(message_id=message_id).encode()
    found: dict[str, FoundDevice] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        try:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            if interface:
                link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            link.bind((interface, 0))
            for number in range(_REPEATS):
                link.sendto(question, to)
                ends_s = time.monotonic() + (_REPEAT_S if number + 1 < _REPEATS else timeout_s)
                _collect(link, message_id, ends_s, found)
        except OSError as err:
            raise MountUnavailableError(f"{to[0]}:{to[1]}", f"the network cannot be asked: {err}") from err
    return tuple(found[address] for address in sorted(found))


def _collect(link: socket.socket, message_id: str, ends_s: float, found: dict[str, FoundDevice]) -> None:
    while (left_s := ends_s - time.monotonic()) > 0.0:
        link.settimeout(left_s)
        with contextlib.suppress(TimeoutError, ConnectionRefusedError):
            answer, sender = link.recvfrom(_MOST_BYTES)
            for device in _devices(answer, message_id, sender[0]):
                found.setdefault(device.address, device)


def _devices(answer: bytes, message_id: str, sender: str) -> list[FoundDevice]:
    """Read an answer; one that is not to our question, or no XML, names nobody."""
    try:
        texts = _texts(answer)
    except expat.ExpatError:
        return []
    if not any(message_id in text for text in texts.get("RelatesTo", [])):
        return []
    scopes = " ".join(texts.get("Scopes", [])).split()
    facts = {name: _scope(scopes, name) for name in ("name", "hardware", "location")}
    turns = any(scope.lower().startswith(f"{_SCOPE}type/ptz") for scope in scopes)
    addresses = " ".join(texts.get("XAddrs", [])).split()
    ours = [address for address in addresses if urlsplit(address).hostname == sender] or addresses
    return [FoundDevice(address, **facts, turns=turns) for address in ours[:1]]


def _scope(scopes: list[str], name: str) -> str:
    start = f"{_SCOPE}{name}/"
    return " ".join(unquote(scope[len(start) :]) for scope in scopes if scope.startswith(start))[:120]


def _texts(answer: bytes) -> dict[str, list[str]]:
    """Return the texts of a small document by the local names of their elements; a document type is refused."""
    texts: dict[str, list[str]] = {}
    open_names: list[str] = []

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type in an answer")

    def begin(name: str, _: object) -> None:
        open_names.append(name.rpartition(":")[2])
        texts.setdefault(open_names[-1], []).append("")

    def add(text: str) -> None:
        texts[open_names[-1]][-1] += text

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_names.pop()
    parser.CharacterDataHandler = add
    parser.Parse(answer, True)  # noqa: FBT003 - expat takes it by place only
    return texts
