from __future__ import annotations

import pytest

from firewatch.danger import hunan_signal
from firewatch.domain.scales import DangerGrade, WarningSignal


@pytest.mark.parametrize(
    ("grade", "signal"),
    # Hunan's notices of 2022-10-18 and 2025-01-02: 三级黄色, 四级橙色, 五级红色.
    [
        (DangerGrade.LOW, None),
        (DangerGrade.MODERATE, None),
        (DangerGrade.ELEVATED, WarningSignal.YELLOW),
        (DangerGrade.HIGH, WarningSignal.ORANGE),
        (DangerGrade.EXTREME, WarningSignal.RED),
    ],
)
def test_a_grade_has_the_signal_of_hunans_notices(grade: DangerGrade, signal: WarningSignal | None) -> None:
    assert hunan_signal(grade) is signal


def test_a_worse_grade_never_has_a_milder_signal() -> None:
    signals = [signal for grade in DangerGrade if (signal := hunan_signal(grade)) is not None]
    assert [signal.severity for signal in signals] == sorted(signal.severity for signal in signals)
