"""Use cases over ports: intake, association, rating, alerting, review.

A use case is imported from its file: the package itself loads none, so that the intake does not load the associator.
"""

from __future__ import annotations

__all__: list[str] = []
