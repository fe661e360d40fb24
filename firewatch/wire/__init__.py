"""What crosses the network: messages, topics and the codec of wire version 1."""

from __future__ import annotations

from firewatch.wire import codec, topics, v1

__all__ = ["codec", "topics", "v1"]
