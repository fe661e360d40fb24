"""Every error that firewatch raises on purpose.

::

    FirewatchError
    +-- ConfigError               a setting is unknown, missing, of the wrong unit or out of range
    +-- WireError                 what came over the network cannot be used
    |   +-- MalformedMessage      the bytes are no message of the schema
    |   +-- UnsupportedVersion    a message of a version that this program does not speak
    +-- DomainError               a value or a change that the trade does not allow
    |   +-- InvalidValue          a value outside what it may be
    |   +-- IllegalTransition     a change of state that is not allowed from here
    +-- NoFixError                the bearings give no position
    +-- ObservationError          a weather reading or series that cannot be rated
    +-- FeedError                 a source of weather or hotspots gave nothing usable
    +-- TerrainError              the elevation model, or the map of land cover, cannot answer
    +-- ModelError                a detector's files are missing, altered or of the wrong shape
    +-- DatasetError              labelled frames that cannot be trained on or measured with
    +-- CalibrationError          pictures or landmarks that tell no calibration
    +-- FrameUnavailableError     a camera gave no usable frame
    +-- MountUnavailableError     the pan-tilt head of a turning camera gave no answer, or refused
    +-- TransportError            the broker
    |   +-- BrokerUnavailable     no connection within the time allowed
    |   +-- PublishTimeout        the broker did not acknowledge in time
    |   +-- TowerClaimed          another node lives under this tower's name
    +-- EnrolmentError            a tower was not given a certificate, or the authority cannot be used
    +-- MatchRefused              sightings cannot be matched or unmatched as a person wanted
    +-- CommandRefused            a tower is not asked for what a person wanted
    +-- StoreError                the database
    +-- DeliveryError             an alert was not accepted by its channel

An error carries its facts as attributes and builds its own message: what was given, what is allowed, what to do.
"""

from __future__ import annotations

__all__ = [
    "BrokerUnavailable",
    "CalibrationError",
    "CommandRefused",
    "ConfigError",
    "DatasetError",
    "DeliveryError",
    "DomainError",
    "EnrolmentError",
    "FeedError",
    "FirewatchError",
    "FrameUnavailableError",
    "IllegalTransition",
    "InvalidValue",
    "MalformedMessage",
    "MatchRefused",
    "ModelError",
    "MountUnavailableError",
    "NoFixError",
    "ObservationError",
    "PublishTimeout",
    "StoreError",
    "TerrainError",
    "TowerClaimed",
    "TransportError",
    "UnsupportedVersion",
    "WireError",
]


class FirewatchError(Exception):
    """The root: catch this to catch everything that firewatch raises on purpose."""


class ConfigError(FirewatchError):
    """A setting that cannot be used.

    Parameters
    ----------
    source : str
        The file or the environment variable that holds the setting.
    key : str
        The setting, dotted, as ``mqtt.port``.
    why : str
        What is wrong with it and what is allowed.
    """

    def __init__(self, source: str, key: str, why: str) -> None:
        self.source = source
        self.key = key
        self.why = why
        super().__init__(f"{source}: {key}: {why}")


class WireError(FirewatchError):
    """What came over the network cannot be used."""


class MalformedMessage(WireError):
    """Bytes that are no message of the schema.

    Parameters
    ----------
    what : str
        The schema or topic that they were read as.
    why : str
        The first thing wrong with them.
    """

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}")


class UnsupportedVersion(WireError):
    """A message of a version that this program does not speak."""

    def __init__(self, given: str, supported: str) -> None:
        self.given = given
        self.supported = supported
        super().__init__(
            f"message version {given!r}; this program speaks {supported}. Upgrade it and the message is read again."
        )


class DomainError(FirewatchError):
    """A value or a change that the trade does not allow."""


class InvalidValue(DomainError):
    """A value outside what it may be.

    Parameters
    ----------
    what : str
        The value's name, with its unit.
    given : object
        What was given.
    allowed : str
        What is allowed.
    """

    def __init__(self, what: str, given: object, allowed: str) -> None:
        self.what = what
        self.given = given
        self.allowed = allowed
        super().__init__(f"{what} is {given!r}; allowed is {allowed}")


class IllegalTransition(DomainError):
    """A change of state that is not allowed from here."""

    def __init__(self, what: str, state: str, change: str, allowed: str) -> None:
        self.what = what
        self.state = state
        self.change = change
        self.allowed = allowed
        super().__init__(f"{what} is {state}: {change} is not possible now; possible is {allowed}")


class NoFixError(FirewatchError):
    """The bearings give no position."""

    def __init__(self, towers: tuple[str, ...], why: str) -> None:
        self.towers = towers
        self.why = why
        super().__init__(f"no position from {', '.join(towers) or 'no tower'}: {why}")


class ObservationError(FirewatchError):
    """A weather reading or series that cannot be rated.

    Parameters
    ----------
    station : str
        Whose; ``(file)`` where it is about a whole file and no station.
    when : str
        Day or instant, or the file, row and column.
    why : str
        What is wrong and what to do.
    """

    def __init__(self, station: str, when: str, why: str) -> None:
        self.station = station
        self.when = when
        self.why = why
        super().__init__(f"{when}: {why}" if station == "(file)" else f"station {station}, {when}: {why}")


class FeedError(FirewatchError):
    """A source of weather or hotspots gave nothing usable.

    Parameters
    ----------
    source : str
        Name of the feed.
    why : str
        What came in place of it, and what is expected.
    retryable : bool
        Whether a later try may succeed without a change of the settings.
    """

    def __init__(self, source: str, why: str, *, retryable: bool) -> None:
        self.source = source
        self.why = why
        self.retryable = retryable
        super().__init__(f"feed {source}: {why} ({'will be tried again' if retryable else 'check its settings'})")


class TerrainError(FirewatchError):
    """The elevation model, or the map of land cover, cannot answer."""


class ModelError(FirewatchError):
    """A detector's files are missing, altered or of the wrong shape."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"model {path}: {why}")


class DatasetError(FirewatchError):
    """Labelled frames that cannot be trained on or measured with.

    Parameters
    ----------
    folder : str
        The folder of frames.
    problems : tuple of str
        Each names the file, the image where there is one, what was given and what is allowed. The message shows the
        first twenty.
    """

    SHOWN = 20

    def __init__(self, folder: str, problems: tuple[str, ...]) -> None:
        self.folder = folder
        self.problems = problems
        shown = [f"\n  {problem}" for problem in problems[: self.SHOWN]]
        rest = len(problems) - len(shown)
        more = f"\n  and {rest} more; python -m models.data check lists all" if rest else ""
        super().__init__(f"frames in {folder}: {len(problems)} problem(s){''.join(shown)}{more}")


class CalibrationError(FirewatchError):
    """Pictures or landmarks that tell no calibration, or one that cannot be trusted.

    Parameters
    ----------
    what : str
        What was calibrated by: the chessboard, the landmarks, the skyline.
    why : str
        What is wrong with it.
    remedy : str
        What to do.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        self.what = what
        self.why = why
        self.remedy = remedy
        super().__init__(f"{what}: {why}; {remedy}")


class FrameUnavailableError(FirewatchError):
    """A camera gave no usable frame."""

    def __init__(self, source: str, why: str) -> None:
        self.source = source
        self.why = why
        super().__init__(f"no frame from {source}: {why}")


class MountUnavailableError(FirewatchError):
    """The pan-tilt head of a turning camera gave no answer, or (`is_answer`) answered that it will not."""

    def __init__(self, mount: str, why: str, *, is_answer: bool = False) -> None:
        self.mount = mount
        self.why = why
        self.is_answer = is_answer
        super().__init__(f"mount at {mount}: {why}")


class TransportError(FirewatchError):
    """The broker."""


class BrokerUnavailable(TransportError):
    """No connection to the broker within the time allowed."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.host = host
        self.port = port
        self.why = why
        super().__init__(f"MQTT broker {host}:{port}: {why}")


class PublishTimeout(TransportError):
    """The broker did not acknowledge a message in time."""

    def __init__(self, topic: str, waited_s: float) -> None:
        self.topic = topic
        self.waited_s = waited_s
        super().__init__(f"{topic}: no acknowledgement from the broker within {waited_s:g} s")


class TowerClaimed(TransportError):
    """Another node lives under this tower's name, and this one, the later, does not speak beside it."""

    def __init__(self, tower: str, claimant_boot_id: str) -> None:
        self.tower = tower
        self.claimant_boot_id = claimant_boot_id
        super().__init__(
            f"tower {tower}: another node (start {claimant_boot_id}) is online under this name; give each node the"
            " tower.id of its own tower, or stop the other one. What this one saw stays in its outbox, to be sent once"
            " it may speak"
        )


class EnrolmentError(FirewatchError):
    """A tower was not given a certificate, or the bureau's authority cannot be used.

    Parameters
    ----------
    reason : str
        A short constant name, as "code expired", that programs compare.
    why : str
        What was found and what to do.
    """

    def __init__(self, reason: str, why: str) -> None:
        self.reason = reason
        self.why = why
        super().__init__(why)


class MatchRefused(FirewatchError):
    """What a person says of sightings cannot be; nothing was kept of it.

    Parameters
    ----------
    incident : str
        Which incident.
    reason : str
        A short constant name, as "closed" or "alone", that programs compare.
    why : str
        What stands against it, and what to do instead.
    """

    def __init__(self, incident: str, reason: str, why: str) -> None:
        self.incident = incident
        self.reason = reason
        self.why = why
        super().__init__(f"incident {incident}: {why}")


class CommandRefused(FirewatchError):
    """A tower is not asked for what a person wanted; nothing was sent.

    Parameters
    ----------
    tower : str
        Which.
    reason : str
        A short constant name, as "role" or "waiting", that programs compare.
    why : str
        What stands against it.
    """

    def __init__(self, tower: str, reason: str, why: str) -> None:
        self.tower = tower
        self.reason = reason
        self.why = why
        super().__init__(f"tower {tower}: {why}")


class StoreError(FirewatchError):
    """The database could not do what was asked; nothing was half-written."""


class DeliveryError(FirewatchError):
    """An alert was not accepted by its channel.

    Parameters
    ----------
    channel : str
        The channel's name.
    why : str
        The channel's own words.
    retryable : bool
        Whether a later try may succeed (a refused address will not; a dead link may).
    """

    def __init__(self, channel: str, why: str, *, retryable: bool) -> None:
        self.channel = channel
        self.why = why
        self.retryable = retryable
        super().__init__(f"{channel}: {why} ({'will be tried again' if retryable else 'will not be tried again'})")
