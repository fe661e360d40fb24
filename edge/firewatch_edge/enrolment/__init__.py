"""How a tower gets its own key and certificate: what it asks the centre, and the files that it keeps."""

from __future__ import annotations

from firewatch_edge.enrolment.desk import Desk, DeskAddress, read_address
from firewatch_edge.enrolment.identity import Identity, IdentityFolder

__all__ = ["Desk", "DeskAddress", "Identity", "IdentityFolder", "read_address"]
