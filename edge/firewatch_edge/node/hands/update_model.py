"""Fetch a model package from the centre, try it, and go on with it; the present model goes on until that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import ReplyState, UpdateModel
from firewatch.errors import ConfigError, EnrolmentError, ModelError
from firewatch_edge.node.hands.outcome import Outcome, failed, refused
from firewatch_edge.node.model_updates import shelf_of, update_from_centre

if TYPE_CHECKING:
    from firewatch.domain.remote import Command
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["UpdateModelHand"]

_SHA_DIGITS = 12


class UpdateModelHand:
    """Does `firewatch.domain.remote.UpdateModel`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def do(self, command: Command) -> Outcome:
        """Install the package; the node then begins anew with it by itself, and the new start says so."""
        action = command.action
        assert isinstance(action, UpdateModel), "the registry says so"  # noqa: S101 - as the registry pairs them
        if self._reach.config is None:
            return refused("no-file", "this node runs without a settings file")
        given = (self._reach.settings, self._reach.config, action.sha256, action.size_bytes, action.location)
        try:
            done = update_from_centre(*given)
        except (ModelError, ConfigError) as err:
            return refused("model-refused", f"the present model goes on: {err}")
        except EnrolmentError as err:
            return failed("not-fetched", f"the present model goes on: {err}")
        return Outcome(state=ReplyState.ACCEPTED, text=f"{done.version} passed its self-test: {done.tried}")

    def after_restart(self, command: Command) -> Outcome:
        """Say from the new start which model runs."""
        action = command.action
        assert isinstance(action, UpdateModel), "the registry says so"  # noqa: S101 - as above
        shelf = shelf_of(self._reach.settings)
        state = shelf.state()
        if state.current.endswith(f"-{action.sha256[:_SHA_DIGITS]}"):
            minutes = self._reach.settings.updates.probation_min
            what = "installed" if state.probation is None else "probation"
            text = f"it watches, on probation for {minutes:g} minutes" if state.probation is not None else "it watches"
            return Outcome(text=text, facts={"version": shelf.version_of(state.current), "model_state": what})
        taken = state.taken_back
        if taken is not None and taken.model.endswith(f"-{action.sha256[:_SHA_DIGITS]}"):
            return failed("taken-back", taken.why)
        return failed("interrupted", "the node started anew before it was done; what was fetched is kept: ask again")
