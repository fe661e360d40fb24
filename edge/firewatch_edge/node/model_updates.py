"""Model updates of this node, put together from its settings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import ConfigError, ModelError
from firewatch.wire.model_offer import package_path
from firewatch.wire.package_keys import read_trusted
from firewatch_edge.detect.shipped import shipped_model
from firewatch_edge.enrolment import IdentityFolder, read_address
from firewatch_edge.node.looking import beside_outbox
from firewatch_edge.update import (
    CentreModels,
    Credentials,
    Installer,
    ModelKeeper,
    ModelShelf,
    ProbationRules,
    RecentFrames,
    boot_of_this_computer,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from firewatch.wire.package_keys import TrustedKey
    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.update import TriedModel

__all__ = [
    "centre_models",
    "current_model",
    "installer_of",
    "keeper_of",
    "recent_frames_of",
    "shelf_of",
    "trial_apart",
    "update_from_centre",
]

# A model that needs longer for a few pictures would not keep up with a camera either.
_TRIAL_S = 600.0
_MOST_WORDS = 2000


def shelf_of(settings: EdgeSettings) -> ModelShelf:
    """Return where this node's installed models lie."""
    return ModelShelf(_folder(settings), shipped_model())


def current_model(settings: EdgeSettings) -> Path:
    """Return the folder of the model that runs, or would: the settings' own, else the installed, else the shipped."""
    if settings.model.path:
        return Path(settings.model.path)
    shelf = shelf_of(settings)
    name = shelf.state().current
    try:
        shelf.check(name)
    except ModelError:
        return shelf.shipped
    return shelf.path_of(name)


def keeper_of(settings: EdgeSettings) -> ModelKeeper | None:
    """Return who keeps the running model; None where the settings name a folder, which always wins."""
    if settings.model.path:
        return None
    chosen = settings.updates
    rules = ProbationRules(watch_s=chosen.probation_min * 60.0, least_frames=chosen.probation_frames)
    return ModelKeeper(shelf_of(settings), _now, rules, boot_of_this_computer())


def recent_frames_of(settings: EdgeSettings) -> RecentFrames:
    """Return where a few frames are kept for self-tests."""
    return RecentFrames(_folder(settings) / "frames")


def installer_of(settings: EdgeSettings, try_out: Callable[[Path], str]) -> Installer:
    """Return what installs packages here.

    Raises
    ------
    ModelError
        If the settings name a model's folder: it always wins, and an update would change nothing.
    ConfigError
        If no trusted key is set, or the file of keys cannot be read.
    """
    if settings.model.path:
        why = "the settings name this folder (model.path), which always wins: take it out of edge.toml to allow updates"
        raise ModelError(settings.model.path, why)
    # Both distributions are released together, under one version; what follows its three numbers does not count.
    numbers = ".".join([*re.findall(r"\d+", version("firewatch-edge")), "0", "0"][:3])
    return Installer(shelf_of(settings), _trusted(settings), try_out, numbers, _now)


def centre_models(settings: EdgeSettings, stop: threading.Event | None = None) -> CentreModels:
    """Return how this tower asks the centre for models; raise `EnrolmentError` where it is not enrolled."""
    identity = IdentityFolder(Path(settings.updates.identity)).read()
    address = read_address(identity.centre)
    who = Credentials(address.host, address.port, identity.authority_pem, identity.key, identity.certificates[0])
    return CentreModels(who, _now, stop)


def trial_apart(config: Path) -> Callable[[Path], str]:
    """Return a self-test that runs in a process of its own: what crashes there does not end the watch here."""

    def try_out(folder: Path) -> str:
        words = [
            sys.executable,
            "-m",
            "firewatch_edge",
            "model",
            "test",
            str(folder),
            "--config",
            str(config),
            "--json",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                words, capture_output=True, text=True, timeout=_TRIAL_S, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as err:
            raise ModelError(str(folder), f"its self-test was not over in {_TRIAL_S:.0f} s") from err
        try:
            told = json.loads(done.stdout.splitlines()[-1])
            is_good, said = bool(told["ok"]), str(told["words"])
        except (ValueError, KeyError, IndexError, TypeError) as err:
            why = f"its self-test ended by itself (exit {done.returncode}): {done.stderr[-_MOST_WORDS:].strip()}"
            raise ModelError(str(folder), why) from err
        if not is_good or done.returncode:
            raise ModelError(str(folder), f"self-test: {said}")
        return said

    return try_out


def update_from_centre(
    settings: EdgeSettings,
    config: Path,
    sha256: str,
    size: int,
    location: str,
    stop: threading.Event | None = None,
) -> TriedModel:
    """Fetch a package from this tower's own centre, try it, and switch to it.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node.
    config : Path
        Their file.
    sha256 : str
        Of the package.
    size : int
        Its length [bytes].
    location : str
        Its path at the desk: `package_path` of the hash, nothing else; empty is that too.
    stop : threading.Event, optional
        Ends the download.

    Raises
    ------
    ModelError, ConfigError, EnrolmentError
        If it is refused; the model that runs goes on.
    """
    if location not in {"", package_path(sha256)}:
        why = f"a tower fetches models only from its own centre's desk, at {package_path(sha256)}"
        raise ModelError(location[:200], why)
    installer = installer_of(settings, trial_apart(config))
    part = centre_models(settings, stop).fetch(sha256, size, installer.shelf.incoming)
    done = installer.install(part, sha256)
    part.unlink(missing_ok=True)
    return done


def _folder(settings: EdgeSettings) -> Path:
    return Path(settings.updates.path) if settings.updates.path else beside_outbox(settings, "models")


def _trusted(settings: EdgeSettings) -> tuple[TrustedKey, ...]:
    brought = IdentityFolder(Path(settings.updates.identity)).package_keys
    path = settings.updates.trust or (str(brought) if brought.exists() else "")
    if not path:
        why = (
            "names no file, and enrolment has brought none: put the bureau's public key (`firewatch model keygen` made "
            "NAME.pub) on this tower, or name it in the centre's enrolment.package_keys and enrol this tower again"
        )
        raise ConfigError("edge.toml", "updates.trust", why)
    try:
        return read_trusted(Path(path).read_bytes(), path)
    except OSError as err:
        raise ConfigError("edge.toml", "updates.trust", f"{path} cannot be read: {err.strerror}") from err


def _now() -> datetime:
    return datetime.now(UTC)
