"""What `doctor` looks at: one module for each kind of part."""

from __future__ import annotations

from firewatch_edge.cli.checkup.finding import Finding, Job, Level, gather

__all__ = ["Finding", "Job", "Level", "gather"]
