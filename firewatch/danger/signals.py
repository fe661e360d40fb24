"""From a danger grade to a warning signal: a crossing of scales, so each practice is a function with its source."""

from __future__ import annotations

from firewatch.domain.scales import DangerGrade, WarningSignal

__all__ = ["hunan_signal"]

_HUNAN = {
    DangerGrade.ELEVATED: WarningSignal.YELLOW,
    DangerGrade.HIGH: WarningSignal.ORANGE,
    DangerGrade.EXTREME: WarningSignal.RED,
}


def hunan_signal(grade: DangerGrade) -> WarningSignal | None:
    """Return the signal that Hunan's notices give a danger grade.

    Parameters
    ----------
    grade : DangerGrade
        Of the next 24 hours, as published at 16:00.

    Returns
    -------
    WarningSignal or None
        Yellow for grade 3, orange for 4, red for 5; None for 1 and 2, for which no warning is published.

    References
    ----------
    .. [1] Hunan Province, forest fire danger warnings of 2022-10-18 and 2025-01-02: 三级黄色, 四级橙色, 五级红色. LY/T
       2578-2016 also has a blue signal for grade 2; the notices do not use it.
    """
    return _HUNAN.get(grade)
