"""How to reach a broker."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["MqttSettings", "TlsSettings"]


class TlsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Encryption of the link.

    Parameters
    ----------
    ca_file : str
        Certificates that the broker's must be signed by; empty means the system's own.
    cert_file, key_file : str
        This client's certificate and key; empty means none. A `cert_file` without a `key_file` holds both, so that
        both are replaced at once.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""


class MqttSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach a broker, and as whom.

    Parameters
    ----------
    host, port
        The broker.
    client_id : str
        Unique at the broker: a second client of the same name throws the first one out.
    username, password : str
        Empty means none. The caller takes the password from the environment, never from a file of settings.
    tls : TlsSettings or None
        None means an unencrypted link.
    protocol : {"auto", "3.1.1", "5"}
        "auto" tries MQTT 5 and goes down to 3.1.1 where the broker does not speak it.
    keepalive_s : int
        A link that is silent for this long is tested [s]; it is lost after one and a half times that.
    clean_start : bool
        Whether the broker forgets the session when the link breaks.
    session_expiry_s : int
        How long an MQTT 5 broker keeps the session of an absent client [s].
    max_inflight : int
        Messages without the other side's acknowledgement, in each direction. On MQTT 3.1.1 the broker sets its own
        limit for what it sends.
    max_queued : int
        Messages handed to the session and not yet acknowledged by the broker; beyond it, `publish` raises.
    first_retry_s, last_retry_s : int
        Pauses between attempts to connect, doubling from the first to the last [s].
    """

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    client_id: Annotated[str, Meta(min_length=1, max_length=128)]
    username: str = ""
    password: str = ""
    tls: TlsSettings | None = None
    protocol: Literal["auto", "3.1.1", "5"] = "auto"
    keepalive_s: Annotated[int, Meta(ge=2, le=3600)] = 30
    clean_start: bool = False
    session_expiry_s: Annotated[int, Meta(ge=0, le=604_800)] = 86_400
    max_inflight: Annotated[int, Meta(ge=1, le=65_535)] = 1000
    max_queued: Annotated[int, Meta(ge=1, le=65_535)] = 5000
    first_retry_s: Annotated[int, Meta(ge=1, le=60)] = 1
    last_retry_s: Annotated[int, Meta(ge=1, le=3600)] = 30

    def __repr__(self) -> str:
        """Name the broker and the client; never the password."""
        user = f" as {self.username}" if self.username else ""
        return f"MqttSettings({self.client_id} at {self.host}:{self.port}{user}, MQTT {self.protocol})"
