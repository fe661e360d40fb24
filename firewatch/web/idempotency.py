"""An action that a browser sends twice under one Idempotency-Key happens once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from firewatch.web.errors import KeyInUse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ActionMemory"]

Answer = TypeVar("Answer")
# A browser repeats an action within seconds; at one action a second this remembers a quarter of an hour.
_REMEMBERED = 1000


class ActionMemory(Generic[Answer]):
    """Remembers the answers of the latest actions, in this process.

    The actions themselves change nothing when they are done again (confirming twice is confirming), so that forgetting
    one over a restart harms nothing; this memory only spares the second event.
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._answers: OrderedDict[tuple[str, str], tuple[str, Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, actor_id: str, key: str | None, action: str, perform: Callable[[], Answer]) -> Answer:
        """Return the remembered answer, or perform the action and remember its answer.

        Raises
        ------
        KeyInUse
            If the key stands for another action of the same actor.
        """
        if key is None:
            return perform()
        with self._lock:
            known = self._answers.get((actor_id, key))
            if known is None:
                answer = perform()
                self._answers[actor_id, key] = (action, answer)
                while len(self._answers) > self._remembered:
                    self._answers.popitem(last=False)
                return answer
        if known[0] != action:
            raise KeyInUse
        return known[1]
