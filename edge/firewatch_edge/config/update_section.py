"""The settings of model updates."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["UpdatesSection"]


class UpdatesSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the node comes to a newer model.

    Parameters
    ----------
    path : str
        Folder of installed models and of the frames kept for their self-test; empty: beside the outbox.
    trust : str
        File with the bureau's public keys; only packages that one of them signed are taken. Empty: ``bureau.pub`` in
        the folder of the identity, where enrolment has brought it; else none is.
    identity : str
        Folder of the tower's own key and certificate, with which it asks the centre.
    probation_min : float
        A new model watches so long before it has proved itself [min].
    probation_frames : int
        And judges so many frames in that time.
    """

    path: str = ""
    trust: str = ""
    identity: Annotated[str, Meta(min_length=1)] = "tls"
    probation_min: Annotated[float, Meta(gt=0.0, le=10_080.0)] = 30.0
    probation_frames: Annotated[int, Meta(ge=1, le=1_000_000)] = 20
