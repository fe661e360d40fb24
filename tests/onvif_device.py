"""An ONVIF device that speaks the real messages on 127.0.0.1: device, media and PTZ services, a snapshot, discovery."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from xml.etree import ElementTree as ET

import cv2

if TYPE_CHECKING:
    from types import TracebackType

    from turning_camera import TurningCamera

_NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMES.items())
_TOKEN_AGE_S = 5.0


class Fault(Exception):
    """The device will not."""

    def __init__(self, subcode: str, why: str) -> None:
        super().__init__(why)
        self.subcode = subcode


class OnvifDevice:
    """Serves one `TurningCamera`.

    Attributes
    ----------
    is_deaf : bool
        It takes SOAP questions and never answers; its pictures go on.
    clock_offset_s : float
        Of its clock against ours: a token dated otherwise is refused.
    presets : dict
        Name to pan, tilt, zoom; the tokens are numbers.
    tells_position : bool
        Whether GetStatus holds one.
    """

    def __init__(self, camera: TurningCamera, username: str = "admin", password: str = "secret") -> None:  # noqa: S107 - of a camera that is drawn
        self.camera = camera
        self.account = (username, password)
        self.is_deaf = False
        self.clock_offset_s = 0.0
        self.presets: dict[str, tuple[float, float, float]] = {}
        self.tells_position = True
        self.tells_preset_positions = True
        self.asked: list[str] = []
        self.refused = 0
        self._ends = threading.Event()
        self._nonces: set[str] = set()

    def __enter__(self) -> Self:
        device = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                device.give_picture(self)

            def do_POST(self) -> None:
                device.converse(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ends.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def give_picture(self, request: BaseHTTPRequestHandler) -> None:
        jpeg = cv2.imencode(".jpg", self.camera.picture())[1].tobytes()
        request.send_response(200)
        request.send_header("Content-Type", "image/jpeg")
        request.send_header("Content-Length", str(len(jpeg)))
        request.send_header("X-Captured-At", datetime.now(UTC).isoformat())
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(jpeg)

    def converse(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if self.is_deaf:
            self._ends.wait(30.0)
            return
        status, answer = self._answer(body)
        request.send_response(status)
        request.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(answer)

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        envelope = ET.fromstring(body)  # noqa: S314 - of our own client
        question = envelope.find("s:Body", _NAMES)[0]
        operation = question.tag.rpartition("}")[2]
        self.asked.append(operation)
        try:
            if operation != "GetSystemDateAndTime":
                self._authorise(envelope)
            inside, status = getattr(self, f"_{_snake(operation)}", self._unknown)(question), 200
        except Fault as fault:
            self.refused += 1
            status = 400
            inside = (
                f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{fault.subcode}</s:Value>"
                f'</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">{fault}</s:Text></s:Reason></s:Fault>'
            )
        text = f'<?xml version="1.0"?><s:Envelope {_DECLARED}><s:Body>{inside}</s:Body></s:Envelope>'
        return status, text.encode()

    def _authorise(self, envelope: ET.Element) -> None:
        """WS-Security UsernameToken Profile 1.1: Base64(SHA-1(nonce + created + password)), dated by our clock."""
        told = {
            name: envelope.findtext(f".//{prefix}:{name}", "", _NAMES)
            for prefix, name in (("wsse", "Username"), ("wsse", "Password"), ("wsse", "Nonce"), ("wsu", "Created"))
        }
        username, password = self.account
        digest = hashlib.sha1(base64.b64decode(told["Nonce"]) + told["Created"].encode() + password.encode())  # noqa: S324 - the profile's own
        is_ours = told["Username"] == username and told["Password"] == base64.b64encode(digest.digest()).decode()
        if not is_ours or told["Nonce"] in self._nonces:
            raise Fault("NotAuthorized", "Sender not Authorized")
        self._nonces.add(told["Nonce"])
        created = datetime.fromisoformat(told["Created"])
        if abs((self._clock() - created).total_seconds()) > _TOKEN_AGE_S:
            raise Fault("NotAuthorized", "The token is too old")

    def _clock(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_s)

    def _unknown(self, question: ET.Element) -> str:
        raise Fault("ActionNotSupported", f"no {question.tag}")

    def _get_system_date_and_time(self, _: ET.Element) -> str:
        now = self._clock()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
            f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
            "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _get_services(self, _: ET.Element) -> str:
        services = "".join(
            f"<tds:Service><tds:Namespace>{_NAMES[prefix]}</tds:Namespace><tds:XAddr>{self.url}/onvif/{name}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>42</tt:Minor></tds:Version></tds:Service>"
            for prefix, name in (("tds", "device_service"), ("trt", "media"), ("tptz", "ptz"))
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def _get_device_information(self, _: ET.Element) -> str:
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Drawn</tds:Manufacturer><tds:Model>PTZ-1</tds:Model>"
            "<tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>"
            "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _get_profiles(self, _: ET.Element) -> str:
        ptz = (
            '<tt:PTZConfiguration token="ptz0"><tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount>'
            "<tt:NodeToken>node0</tt:NodeToken></tt:PTZConfiguration>"
        )
        profiles = "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>{inside}</trt:Profiles>'
            for token, inside in (("still", ""), ("main", ptz))
        )
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def _uri(self, answer: str, uri: str) -> str:
        return (
            f"<trt:{answer}><trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            f"<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:{answer}>"
        )

    def _get_stream_uri(self, question: ET.Element) -> str:
        self._require_profile(question)
        return self._uri("GetStreamUriResponse", "rtsp://127.0.0.1:554/main")

    def _get_snapshot_uri(self, question: ET.Element) -> str:
        self._require_profile(question)
        return self._uri("GetSnapshotUriResponse", f"{self.url}/snapshot.jpg")

    def _get_presets(self, question: ET.Element) -> str:
        self._require_profile(question)
        presets = "".join(
            f'<tptz:Preset token="{number}"><tt:Name>{name}</tt:Name>'
            f"{_position('tt:PTZPosition', *place) if self.tells_preset_positions else ''}</tptz:Preset>"
            for number, (name, place) in enumerate(self.presets.items(), 1)
        )
        return f"<tptz:GetPresetsResponse>{presets}</tptz:GetPresetsResponse>"

    def _goto_preset(self, question: ET.Element) -> str:
        self._require_profile(question)
        number = int(question.findtext("tptz:PresetToken", "0", _NAMES))
        places = list(self.presets.values())
        if not 1 <= number <= len(places):
            raise Fault("NoToken", "no such preset")
        self.camera.send(*places[number - 1])
        return "<tptz:GotoPresetResponse/>"

    def _absolute_move(self, question: ET.Element) -> str:
        self._require_profile(question)
        head = question.find("tptz:Position/tt:PanTilt", _NAMES)
        lens = question.find("tptz:Position/tt:Zoom", _NAMES)
        pan, tilt, zoom = float(head.get("x")), float(head.get("y")), float(lens.get("x"))
        if not (-1.0 <= pan <= 1.0 and -1.0 <= tilt <= 1.0 and 0.0 <= zoom <= 1.0):
            raise Fault("InvalidPosition", "out of range")
        self.camera.send(pan, tilt, zoom)
        return "<tptz:AbsoluteMoveResponse/>"

    def _continuous_move(self, question: ET.Element) -> str:
        self._require_profile(question)
        speed = float(question.find("tptz:Velocity/tt:PanTilt", _NAMES).get("x"))
        span = re.fullmatch(r"PT([\d.]+)S", question.findtext("tptz:Timeout", "PT1S", _NAMES))
        pan = self.camera.status()[0]
        self.camera.turn_by_hand(max(-1.0, min(1.0, pan + speed * float(span.group(1)))))
        return "<tptz:ContinuousMoveResponse/>"

    def _stop(self, question: ET.Element) -> str:
        self._require_profile(question)
        self.camera.halt()
        return "<tptz:StopResponse/>"

    def _get_status(self, question: ET.Element) -> str:
        self._require_profile(question)
        pan, tilt, zoom, is_moving = self.camera.status()
        move = "MOVING" if is_moving else "IDLE"
        place = _position("tt:Position", pan, tilt, zoom) if self.tells_position else ""
        return (
            f"<tptz:GetStatusResponse><tptz:PTZStatus>{place}<tt:MoveStatus><tt:PanTilt>{move}</tt:PanTilt>"
            f"<tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus><tt:UtcTime>{self._clock():%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime>"
            "</tptz:PTZStatus></tptz:GetStatusResponse>"
        )

    def _require_profile(self, question: ET.Element) -> None:
        if not any(child.tag.endswith("ProfileToken") and child.text == "main" for child in question):
            raise Fault("NoProfile", "no such profile")


def _position(tag: str, pan: float, tilt: float, zoom: float) -> str:
    return f'<{tag}><tt:PanTilt x="{pan:.6f}" y="{tilt:.6f}"/><tt:Zoom x="{zoom:.6f}"/></{tag}>'


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Answerer:
    """Answers WS-Discovery probes; joins the multicast group where `is_multicast`, else hears a question to itself."""

    def __init__(self, address: str, *, is_multicast: bool = False) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_multicast:
            self._socket.bind(("239.255.255.250", 0))
            group = socket.inet_aton("239.255.255.250") + socket.inet_aton("127.0.0.1")
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        else:
            self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self.questions: list[bytes] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(5.0)
        self._socket.close()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                question, sender = self._socket.recvfrom(65_535)
            except TimeoutError:
                continue
            self.questions.append(question)
            found = re.search(rb"<a:MessageID>(.+?)</a:MessageID>", question)
            reply_from = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with reply_from:
                reply_from.bind(("127.0.0.1", 0))
                for answer in self._answers(found.group(1).decode()):
                    reply_from.sendto(answer, sender)
            time.sleep(0)

    def _answers(self, message_id: str) -> list[bytes]:
        def envelope(relates_to: str, address: str) -> bytes:
            return f"""<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope
 xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<SOAP-ENV:Header><wsa:RelatesTo>{relates_to}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/ptz
 onvif://www.onvif.org/name/Drawn%20PTZ onvif://www.onvif.org/hardware/PTZ-1</d:Scopes>
<d:XAddrs>http://[fe80::1]/onvif/device_service {address}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body>
</SOAP-ENV:Envelope>""".encode()

        bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
        stranger = envelope("urn:uuid:another-question", "http://127.0.0.1:1/onvif/device_service")
        return [b"no xml at all", bomb, stranger, envelope(message_id, self._address)]
