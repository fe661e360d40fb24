"""Every reference vector is reproduced, and the page that says how exactly is in step with the library."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest
from danger_vectors.comparing import DIGIT_NOISE, Difference, Vector
from danger_vectors.page import key_of, read_page, render
from danger_vectors.registry import ALL, NOT_COMPARED, path_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "danger-differences.md"
NO_VECTORS = ("himawari/*", "ml/*", "tables/*.yaml", "*.md", "SHA256SUMS")


@pytest.mark.shared
@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector.name)
def test_a_vector_is_reproduced_and_the_page_states_it(shared_data: Path, vector: Vector) -> None:
    found = vector.difference(vector.compare(path_of(vector, shared_data)))
    assert found.is_reproduced, found
    stated = read_page(PAGE.read_text(encoding="utf-8"))[key_of(vector)]
    assert (found.rows, found.left_out) == (stated.rows, stated.left_out)
    # The page has two digits. The last bits of an exponential are another processor's own.
    noise = DIGIT_NOISE if vector.digits.is_full else 0.0
    assert found.absolute <= 1.06 * stated.absolute * (10.0 if vector.digits.is_full else 1.0) + noise
    assert found.relative <= 1.06 * stated.relative * (10.0 if vector.digits.is_full else 1.0) + noise


def test_the_page_states_every_vector_and_no_other() -> None:
    stated = read_page(PAGE.read_text(encoding="utf-8"))
    assert sorted(stated) == sorted(key_of(vector) for vector in ALL)
    assert len({vector.name for vector in ALL}) == len(ALL)


@pytest.mark.shared
def test_every_file_of_the_shared_data_is_a_vector_or_has_a_reason(shared_data: Path) -> None:
    folder = shared_data / "danger"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    rest = files - {vector.file for vector in ALL}
    patterns = (*NOT_COMPARED, *NO_VECTORS)
    assert not sorted(file for file in rest if not any(fnmatch(file, pattern) for pattern in patterns))
    assert not [pattern for pattern in patterns if not any(fnmatch(file, pattern) for file in rest)]


def test_a_wrong_number_a_missing_one_and_a_wrong_row_are_seen() -> None:
    import numpy as np
    from danger_vectors.comparing import FOUR, FULL, Compared, same

    for digits, off in ((FULL, 1e-7), (FOUR, 0.006)):
        vector = Vector("x/y.csv", "made up", digits, lambda _: Compared({}))
        printed = np.array([50.0, 20.0, np.nan])

        def share(ours: list[float], vector: Vector = vector, printed: np.ndarray = printed) -> Difference:
            return vector.difference(Compared({"it": (np.array(ours), printed)}))

        assert share([50.0, 20.0, np.nan]).share == 0.0
        assert not share([50.0 + off, 20.0, np.nan]).is_reproduced
        assert not share([50.0, np.nan, np.nan]).is_reproduced
        assert not share([50.0, 20.0, 7.0]).is_reproduced
        assert share([50.0 + off, 20.0, np.nan]).absolute == pytest.approx(off)
    words = Vector("x/y.csv", "made up", FULL, lambda _: Compared({}))
    assert not words.difference(Compared({"it": same(["S"], ["C"])})).is_reproduced
    assert not words.difference(Compared({"it": same(["S"], ["S", "C"])})).is_reproduced
    assert words.difference(Compared({"it": same(["S"], ["S"])})).is_reproduced


def test_the_page_can_be_read_back() -> None:
    import numpy as np
    from danger_vectors.comparing import FULL, Compared

    compared = Compared({"a": (np.array([1.0]), np.array([1.5])), "b": (np.zeros(1), np.ones(1))}, 3, "a reason")
    vector = Vector("x/y.csv", "made up", FULL, lambda _: compared, "one part")
    stated = read_page(render([(vector, compared, vector.difference(compared))]))
    assert stated[key_of(vector)].rows == 1
    assert stated[key_of(vector)].left_out == 3
    assert stated[key_of(vector)].absolute == 1.0
