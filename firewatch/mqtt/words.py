"""Why a link failed, in words that tell a technician what to look at."""

from __future__ import annotations

import socket
import ssl

__all__ = ["CONNACK_IN_WORDS", "DISCONNECT_IN_WORDS", "is_refusal", "of_error", "of_publish", "of_refusal", "of_tls"]

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


# Codes of OpenSSL's verification (openssl/x509_vfy.h).
_VERIFY_IN_WORDS = {
    9: "is not valid yet: is this machine's clock right?",
    10: "has expired: renew it at the broker (or is this machine's clock ahead?)",
    18: "is signed by itself: give it, or the authority that the broker should use, as ca_file",
    19: "is signed by an authority that ca_file does not hold: is it the file of this bureau's authority?",
    20: "is signed by an authority that ca_file does not hold: is it the file of this bureau's authority?",
    21: "is signed by an authority that ca_file does not hold: is it the file of this bureau's authority?",
    62: "is for another host name: let mqtt.host be a name in the certificate, or renew that with this name",
    64: "is for another address: let mqtt.host be a name in the certificate, or renew that with this address",
}
# Parts of OpenSSL's reasons, as Python gives them: of the handshake, or of an alert that the broker sent after it.
_TLS_IN_WORDS = {
    "WRONG_VERSION_NUMBER": "this port speaks no TLS: is it the plain one (TLS is mostly on 8883)?",
    "RECORD_LAYER_FAILURE": "this port speaks no TLS: is it the plain one (TLS is mostly on 8883)?",
    "CERTIFICATE_REQUIRED": "the broker wants a client certificate: give cert_file and key_file",
    "ALERT_UNKNOWN_CA": "the broker refuses this client's certificate: it is not signed by an authority it trusts",
    "CERTIFICATE_EXPIRED": "the broker refuses this client's certificate: it has expired; renew it",
    "CERTIFICATE_REVOKED": "the broker refuses this client's certificate: it was revoked; enrol this tower again",
    "BAD_CERTIFICATE": "the broker refuses this client's certificate",
    "CERTIFICATE_UNKNOWN": "the broker refuses this client's certificate",
    "UNSUPPORTED_CERTIFICATE": "the broker refuses this client's certificate: it is not meant for a client",
    "HANDSHAKE_FAILURE": "the two sides agree on no cipher, or the broker wants a client certificate",
    "PROTOCOL_VERSION": "the two sides agree on no version of TLS; 1.2 is the least here",
    "EOF": "the broker closed the link in the middle of the handshake: does this port speak TLS?",
}


def of_error(err: BaseException | None, *, is_tls: bool = False) -> str:
    """Return what kept the link from being made; a plain port just closes one on which TLS is spoken."""
    if is_tls and isinstance(err, ConnectionResetError):
        return of_tls("EOF")
    if isinstance(err, ssl.SSLCertVerificationError):
        words = _VERIFY_IN_WORDS.get(err.verify_code, f"is not trusted: {err.verify_message}")
        return f"TLS: the broker's certificate {words}"
    if isinstance(err, ssl.SSLError):
        return of_tls(getattr(err, "reason", None) or str(err))
    for kind, words in _OS_ERRORS_IN_WORDS.items():
        if isinstance(err, kind):
            return words
    return f"no connection: {getattr(err, 'strerror', None) or err or 'unknown'}"


def of_tls(reason: str) -> str:
    """Return OpenSSL's reason, or a line that holds one, in words."""
    for part, words in _TLS_IN_WORDS.items():
        if part in reason:
            return f"TLS: {words}"
    return f"TLS: {reason}; does this port speak TLS, and is the client certificate right?"


def of_publish(code: int) -> str:
    """Return why the client library took no message."""
    if code == 15:  # noqa: PLR2004 - MQTT_ERR_QUEUE_SIZE of the client library
        return "too many messages wait for the broker"
    return f"the link is not usable (code {int(code)})"


def of_refusal(name: str) -> str:
    """Return a refusal of the broker in words."""
    return CONNACK_IN_WORDS.get(name, f"the broker refuses: {name}")


def is_refusal(reason: str) -> bool:
    """Tell whether a reason is one that the broker gave when it refused a client."""
    return reason in CONNACK_IN_WORDS.values() or reason.startswith("the broker refuses: ")
