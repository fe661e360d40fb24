"""Model packages from the centre's desk: listed, and fetched in as many pieces as the link needs."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import re
import shutil
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.errors import EnrolmentError, MalformedMessage, ModelError
from firewatch.wire.enrolment import Refusal, read_message
from firewatch.wire.model_offer import OFFERS_PATH, OfferedModels, package_path, question_headers
from firewatch.wire.model_package import MOST_PACKAGE_BYTES

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from firewatch.wire.model_offer import OfferedModel
    from firewatch.wire.tower_keys import TowerKey

__all__ = ["CentreModels", "Credentials"]

logger = logging.getLogger(__name__)

_TIMEOUT_S = 20.0
_PIECE_BYTES = 64 * 1024
_MOST_ANSWER_BYTES = 1_000_000
_OK, _PART, _NOT_FOUND, _NOT_SO_LONG = 200, 206, 404, 416
# So often in a row without a byte, and the rest is left for another day; what came is kept.
_MOST_EMPTY_TRIES = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_KEPT_FREE_BYTES = 200_000_000
_RANGE = re.compile(r"bytes ([0-9]{1,12})-[0-9]{1,12}/[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: the desk's host and port, the authority that proves the desk, this tower's key and certificate."""

    host: str
    port: int
    authority_pem: str
    key: TowerKey
    certificate: x509.Certificate


class CentreModels:
    """Asks the centre's desk for models.

    Parameters
    ----------
    credentials : Credentials
        Of this tower.
    now : callable
        Returns the present as an aware UTC instant.
    stop : threading.Event, optional
        Ends a download between two pieces; what came is kept.
    first_pause_s : float
        After a break [s]; it doubles from there to a minute.
    """

    def __init__(
        self,
        credentials: Credentials,
        now: Callable[[], datetime],
        stop: threading.Event | None = None,
        first_pause_s: float = _FIRST_PAUSE_S,
    ) -> None:
        self._who = credentials
        self._now = now
        self._stop = stop
        self._first_pause_s = first_pause_s
        self._tls = ssl.create_default_context(cadata=credentials.authority_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def offers(self) -> tuple[OfferedModel, ...]:
        """Return what the centre offers, the newest first; raise `EnrolmentError` where it does not answer."""
        connection = self._connection()
        try:
            response = self._ask(connection, OFFERS_PATH, {})
            content = _read(response, _MOST_ANSWER_BYTES)
        except _BrokeOffError as err:
            raise EnrolmentError("unreachable", f"{self._where} gives no answer ({err})") from err
        finally:
            connection.close()
        if response.status == _NOT_FOUND:
            raise EnrolmentError("not offered", f"{self._where} offers no models; at the centre set enrolment.models")
        if response.status != _OK:
            raise _refused(response.status, content, self._where)
        try:
            return read_message(content, OfferedModels).models
        except MalformedMessage as err:
            raise EnrolmentError("odd answer", f"{self._where} answers something else than a list: {err}") from err

    def fetch(self, sha256: str, size: int, folder: Path) -> Path:
        """Fetch a package, going on with what an earlier try left.

        Parameters
        ----------
        sha256 : str
            Of the package.
        size : int
            Its length [bytes]; not a byte more is taken.
        folder : Path
            Where it is kept; parts of other packages there are deleted.

        Returns
        -------
        Path
            The whole file, its hash proved; its signature not.

        Raises
        ------
        ModelError
            If it is too large, the disk is full, or what came is another file.
        EnrolmentError
            If the centre refuses, or the link breaks again and again; the part is kept.
        """
        if not 0 < size <= MOST_PACKAGE_BYTES:
            raise ModelError(sha256[:12], f"would have {size} bytes; allowed are at most {MOST_PACKAGE_BYTES}")
        part = folder / f"{sha256}.part"
        _make_room(folder, part, size)
        try:
            self._fill(part, sha256, size)
            found = hashlib.sha256(part.read_bytes()).hexdigest()
        except OSError as err:
            part.unlink(missing_ok=True)
            why = f"cannot be written ({err.strerror or err}): free some space. The model that runs is not touched"
            raise ModelError(str(part), why) from err
        if found != sha256:
            part.unlink(missing_ok=True)
            why = f"what came has the SHA-256 {found[:12]}..., wanted was {sha256[:12]}...: it was deleted"
            raise ModelError(str(part), why)
        return part

    def _fill(self, part: Path, sha256: str, size: int) -> None:
        """Ask for what is missing until nothing is."""
        empty, pause_s = 0, self._first_pause_s
        while (have := _length(part)) < size:
            why = self._piece(part, sha256, have, size)
            if _length(part) > have:
                empty, pause_s = 0, self._first_pause_s
            else:
                empty += 1
            if why and empty >= _MOST_EMPTY_TRIES:
                raise EnrolmentError("unreachable", f"{self._where} broke off {empty} times in a row ({why})")
            if why:
                logger.info("model.download_broke_off", extra={"have": _length(part), "of": size, "why": why})
                self._pause(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2.0)

    def _piece(self, part: Path, sha256: str, have: int, size: int) -> str:
        """Take what one connection gives; return why it ended early, empty where it did not."""
        connection = self._connection()
        try:
            response = self._ask(connection, package_path(sha256), {"Range": f"bytes={have}-"} if have else {})
            if response.status not in {_OK, _PART}:
                if response.status == _NOT_SO_LONG:
                    part.unlink(missing_ok=True)
                raise _refused(response.status, _read(response, _MOST_ANSWER_BYTES), self._where)
            if response.status == _PART and _begins_at(response) != have:
                raise EnrolmentError("odd answer", f"{self._where} gives another part than was asked for")
            return self._take(response, part, have if response.status == _PART else 0, size)
        except _BrokeOffError as err:
            return str(err)
        finally:
            connection.close()

    def _take(self, response: http.client.HTTPResponse, part: Path, begins: int, size: int) -> str:
        """Write what comes behind what there is; raises `OSError` of the disk alone."""
        have = begins
        with part.open("r+b" if begins else "wb") as file:
            file.seek(begins)
            while piece := _read(response, _PIECE_BYTES):
                if self._stop is not None and self._stop.is_set():
                    raise EnrolmentError("stopped", "the download was stopped; what came is kept")
                if have + len(piece) > size:
                    raise ModelError(str(part), f"the centre sends more than the {size} bytes that it offered")
                file.write(piece)
                have += len(piece)
            file.flush()
            os.fsync(file.fileno())
        return "" if have == size else f"{have} of {size} bytes came"

    def _pause(self, pause_s: float) -> None:
        if self._stop is None:
            time.sleep(pause_s)
        elif self._stop.wait(pause_s):
            raise EnrolmentError("stopped", "the download was stopped; what came is kept")

    @property
    def _where(self) -> str:
        return f"{self._who.host}:{self._who.port}"

    def _connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._who.host, self._who.port, timeout=_TIMEOUT_S, context=self._tls)

    def _ask(
        self, connection: http.client.HTTPSConnection, path: str, more: dict[str, str]
    ) -> http.client.HTTPResponse:
        try:
            headers = question_headers(path, self._now(), self._who.key, self._who.certificate)
            connection.request("GET", path, headers={**headers, **more})
            return connection.getresponse()
        except ssl.SSLCertVerificationError as err:
            why = f"{self._where} does not prove that it belongs to the bureau: {err.verify_message}. Nothing was sent"
            raise EnrolmentError("not trusted", why) from err
        except (OSError, http.client.HTTPException) as err:
            raise _BrokeOffError(str(err) or type(err).__name__) from err


class _BrokeOffError(Exception):
    """The link's fault, never the disk's: what came is kept, and the rest is asked for again."""


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    try:
        return response.read(most)
    except (OSError, http.client.HTTPException) as err:
        raise _BrokeOffError(str(err) or type(err).__name__) from err


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _make_room(folder: Path, part: Path, size: int) -> None:
    """Delete parts of other packages, and refuse what the disk has no room for."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.iterdir():
            if other != part:
                other.unlink()
        if _length(part) > size:
            part.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as err:
        raise ModelError(str(folder), f"cannot be written: {err.strerror or err}") from err
    needed = size - _length(part) + _KEPT_FREE_BYTES
    if free < needed:
        why = f"needs {needed / 1e6:.0f} MB free, there are {free / 1e6:.0f}: free some space"
        raise ModelError(str(folder), why)


def _begins_at(response: http.client.HTTPResponse) -> int | None:
    found = _RANGE.fullmatch(response.getheader("Content-Range", ""))
    return int(found[1]) if found else None


def _refused(status: int, content: bytes, where: str) -> EnrolmentError:
    try:
        refusal = read_message(content, Refusal)
    except MalformedMessage:
        return EnrolmentError("odd answer", f"{where} answers {status} and is no desk with models")
    return EnrolmentError(refusal.error, f"the centre refuses: {refusal.words}")
