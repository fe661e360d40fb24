"""Why a link failed, in words that tell a technician what to look at."""

from __future__ import annotations

import socket
import ssl

__all__ = ["CONNACK_IN_WORDS", "DISCONNECT_IN_WORDS", "is_refusal", "of_error", "of_refusal"]

# Names as the client library gives them for MQTT 5 and, translated, for 3.1.1.
CONNACK_IN_WORDS = {
    "Unsupported protocol version": "the broker does not speak this version of MQTT",
    "Client identifier not valid": "the broker refuses the client id",
    "Bad user name or password": "the broker refuses the user name or password",
    "Not authorized": "the broker refuses the user name or password, or this user may not connect",
    "Server unavailable": "the broker is starting, stopping or overloaded",
    "Server busy": "the broker is overloaded",
    "Banned": "the broker has banned this client",
}
DISCONNECT_IN_WORDS = {
    "Session taken over": "another client with the same client id took over: each client id may be used only once",
    "Server shutting down": "the broker shut down",
    "Keep alive timeout": "the broker heard nothing for too long",
    "Receive maximum exceeded": "more messages in flight than the broker allows",
    "Packet too large": "a message was larger than the broker allows",
    "Not authorized": "this user may not do that",
    "Quota exceeded": "a quota of the broker is used up",
}
_OS_ERRORS_IN_WORDS: dict[type[OSError], str] = {
    socket.gaierror: "the host name is not known",
    ConnectionRefusedError: "connection refused: no broker listens there",
    TimeoutError: "no answer within the time allowed",
}


def of_error(err: BaseException | None) -> str:
    """Return what kept the link from being made."""
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"TLS: the broker's certificate is not trusted: {err.verify_message}"
    if isinstance(err, ssl.SSLError):
        why = getattr(err, "reason", None) or err
        return f"TLS: {why}; does this port speak TLS, and is the client certificate right?"
    for kind, words in _OS_ERRORS_IN_WORDS.items():
        if isinstance(err, kind):
            return words
    return f"no connection: {getattr(err, 'strerror', None) or err or 'unknown'}"


def of_refusal(name: str) -> str:
    """Return a refusal of the broker in words."""
    return CONNACK_IN_WORDS.get(name, f"the broker refuses: {name}")


def is_refusal(reason: str) -> bool:
    """Tell whether a reason is one that the broker gave when it refused a client."""
    return reason in CONNACK_IN_WORDS.values() or reason.startswith("the broker refuses: ")
