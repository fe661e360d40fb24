"""How late a stream's frames come: its own time beside ours."""

from __future__ import annotations

__all__ = ["Lateness", "Ruler"]

# Crystals of cameras and computers differ by less than this; so much may the least delay seen so far creep up.
_DRIFT = 1e-4
# Frames that are sent out of order differ by less [s]; a time that goes back further was set back.
_REORDERED_S = 1.0
# While frames come this much faster than they were made [s a frame], they come out of a buffer.
_HASTE_S = 0.25


class Ruler:
    """Measures lateness against one clock of the camera, be it right or wrong: only that it runs is asked.

    The least delay between the camera's time and ours counts as no delay; what is above it, the frame has waited
    somewhere on its way.
    """

    def __init__(self) -> None:
        self._least_s: float | None = None
        self._stream_s = 0.0
        self._arrived_s = 0.0
        self._late_s = 0.0

    def late_s(self, stream_s: float, arrived_s: float, at_first_s: float = 0.0) -> float:
        """Return how late a frame came [s].

        Parameters
        ----------
        stream_s : float
            When it was made, on the camera's clock [s].
        arrived_s : float
            When it came, on ours [s].
        at_first_s : float
            How late the very first one counts [s].

        Returns
        -------
        float
            At least 0.
        """
        delay_s = arrived_s - stream_s
        if self._least_s is None:
            self._least_s = delay_s - at_first_s
        elif stream_s < self._stream_s - _REORDERED_S:
            # The camera's clock was set back: what was late before is as late now.
            self._least_s = delay_s - self._late_s
        else:
            crept_s = self._least_s + _DRIFT * max(0.0, arrived_s - self._arrived_s)
            self._least_s = min(crept_s, delay_s)
        self._stream_s, self._arrived_s = stream_s, arrived_s
        self._late_s = delay_s - self._least_s
        return self._late_s


class Lateness:
    """How late the frames of one connection come.

    Parameters
    ----------
    sender : Ruler
        For the camera's own clock, where the stream carries it; outlives the connection, so that what waited in a
        buffer before we came is seen as old.
    """

    def __init__(self, sender: Ruler) -> None:
        self.sender = sender
        self.late_s = 0.0
        self.is_settled = False
        self._stream = Ruler()
        self._delay_s: float | None = None

    def saw(self, stream_s: float | None, told_s: float | None, arrived_s: float) -> float:
        """Note a frame.

        Parameters
        ----------
        stream_s : float or None
            Its time in the stream, from any beginning [s]; None where the stream has none.
        told_s : float or None
            Its time on the camera's clock [s]; None where the stream does not tell.
        arrived_s : float
            When it came, on our monotonic clock [s].

        Returns
        -------
        float
            How late it came, at least 0 [s]; 0 where nothing tells.
        """
        made_s = told_s if stream_s is None else stream_s
        self._settle(made_s, arrived_s)
        if stream_s is not None:
            self.late_s = self._stream.late_s(stream_s, arrived_s)
        if told_s is not None:
            self.late_s = self.sender.late_s(told_s, arrived_s, self.late_s)
        return self.late_s

    def _settle(self, made_s: float | None, arrived_s: float) -> None:
        """Find the end of what had gathered before we read the first frame."""
        if self.is_settled:
            return
        before_s = self._delay_s
        if made_s is None:
            # Where nothing tells, nothing is to be waited for.
            self.is_settled = before_s is None
            return
        self._delay_s = arrived_s - made_s
        self.is_settled = before_s is not None and before_s - self._delay_s < _HASTE_S
