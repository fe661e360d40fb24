"""Read the settings again: checked first; where they are right the node ends in order and starts anew in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import ReplyState
from firewatch.errors import ConfigError, FirewatchError
from firewatch.mqtt.client import tls_context
from firewatch_edge.config import load_settings, password_from
from firewatch_edge.node.hands.outcome import Outcome, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.domain.remote import Command
    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["ReloadHand"]


class ReloadHand:
    """Does `firewatch.domain.remote.Reload`.

    Parameters
    ----------
    reach : Reach
        The node.
    try_model : callable
        Opens the networks of settings; raises `firewatch.errors.FirewatchError` where they cannot be used.
    """

    def __init__(self, reach: Reach, try_model: Callable[[EdgeSettings], object]) -> None:
        self._reach = reach
        self._try_model = try_model

    def do(self, command: Command) -> Outcome:  # noqa: ARG002 - it says nothing besides
        """Check the file, and have the node start anew; a bad one is refused, and the old settings go on."""
        if self._reach.config is None:
            return refused("no-file", "this node runs without a settings file")
        try:
            self._check(self._reach.config)
        except (FirewatchError, OSError) as err:
            return refused("bad-settings", f"the old settings go on: {err}")
        self._reach.restart.set()
        return Outcome(state=ReplyState.ACCEPTED)

    def after_restart(self, command: Command) -> Outcome:
        """Say, from the new start, that the node runs by the file as it is now."""
        took_s = round((self._reach.now() - command.issued_at).total_seconds(), 1)
        cameras = ", ".join(self._reach.cameras)[:400]
        return Outcome(facts={"since_issue_s": took_s, "cameras": cameras})

    def _check(self, path: Path) -> None:
        """Raise what would keep a node from starting with a file."""
        settings, present = load_settings(path), self._reach.settings
        if settings.tower.id != present.tower.id:
            raise ConfigError(str(path), "tower.id", "another tower's name would take this one out of reach")
        mqtt = settings.mqtt_settings()
        if mqtt.tls is not None:
            tls_context(mqtt.tls)
        for camera in settings.camera:
            password_from(f"camera {camera.id} password_env", camera.password_env)
            if camera.mount is not None:
                password_from(f"camera {camera.id} mount.password_env", camera.mount.password_env)
        if settings.model != present.model or settings.temporal != present.temporal:
            self._try_model(settings)
