"""A self-test set is whole, within its limits, and part of a package that can be opened."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.errors import ModelError
from firewatch.wire.self_test import (
    MOST_SELF_TEST_FRAMES,
    SELF_TEST_NAME,
    SelfTestFrame,
    is_self_test_file,
    read_self_test,
    self_test_files,
)

JPEG, PNG = b"\xff\xd8\xff\xe0 a picture", b"\x89PNG\r\n\x1a\n a picture"


@given(
    st.lists(st.tuples(st.sampled_from([JPEG, PNG]), st.floats(0.0, 1.0)), min_size=1, max_size=16),
    st.floats(0.0, 0.5, exclude_min=True),
)
def test_what_was_made_is_read(pictures: list[tuple[bytes, float]], tolerance: float) -> None:
    files = self_test_files(pictures, tolerance, "scores")
    assert all(map(is_self_test_file, files))
    found = read_self_test({**files, "model.toml": b""}, "package")
    assert found is not None
    assert [(files[frame.file], frame.score, frame.tolerance) for frame in found.frames] == [
        (content, score, tolerance) for content, score in pictures
    ]


def test_a_package_may_go_without() -> None:
    assert read_self_test({"model.toml": b"", "smoke.onnx": b""}, "package") is None
    assert not is_self_test_file("model.toml")


def test_names_say_what_kind_of_picture_it_is() -> None:
    made = self_test_files([(JPEG, 0.5), (PNG, 0.5)], 0.1, "scores")
    assert sorted(made) == ["selftest-01.jpg", "selftest-02.png", SELF_TEST_NAME]


@pytest.mark.parametrize(
    ("pictures", "tolerance", "why"),
    [
        ([], 0.1, "makes no self-test set"),
        ([(JPEG, 0.5)] * (MOST_SELF_TEST_FRAMES + 1), 0.1, "1 to 16 pictures"),
        ([(JPEG, 1.5)], 0.1, "scores of 0 to 1"),
        ([(JPEG, float("nan"))], 0.1, "scores of 0 to 1"),
        ([(JPEG, 0.5)], 0.0, "a tolerance above 0"),
        ([(JPEG, 0.5)], 0.6, "at most 0.5"),
        ([(JPEG, 0.5), (b"BM a bitmap", 0.5)], 0.1, "picture 2 is no JPEG or PNG"),
        ([(JPEG + b"\0" * 1_500_000, 0.5)], 0.1, "at most 1500000 bytes"),
    ],
)
def test_what_is_no_set_is_not_made(pictures: list[tuple[bytes, float]], tolerance: float, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        self_test_files(pictures, tolerance, "scores")


def test_a_list_and_its_pictures_that_differ_are_refused() -> None:
    files = self_test_files([(JPEG, 0.5), (JPEG, 0.6)], 0.1, "scores")
    missing = {name: content for name, content in files.items() if name != "selftest-02.jpg"}
    with pytest.raises(ModelError, match=r"differ: selftest-02\.jpg"):
        read_self_test(missing, "package")
    with pytest.raises(ModelError, match=r"differ: selftest-03\.jpg"):
        read_self_test({**files, "selftest-03.jpg": JPEG}, "package")
    with pytest.raises(ModelError, match=r"has selftest-01\.jpg and no selftest\.json"):
        read_self_test({"selftest-01.jpg": JPEG}, "package")
    told = json.loads(files[SELF_TEST_NAME])
    told["frames"] = [told["frames"][0], told["frames"][0]]
    twice = {"selftest-01.jpg": JPEG, SELF_TEST_NAME: json.dumps(told).encode()}
    with pytest.raises(ModelError, match="named twice"):
        read_self_test(twice, "package")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"schema": "firewatch-selftest/2", "frames": []}'])
def test_a_list_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"selftest\.json cannot be read"):
        read_self_test({SELF_TEST_NAME: content}, "package")


def test_a_picture_lies_nowhere_but_beside_its_list() -> None:
    names = ["../selftest-01.jpg", "/selftest-01.jpg", "model.toml", "selftest-1.jpg", "selftest-01.jpeg"]
    for name in names:
        listed = {"schema": "firewatch-selftest/1", "frames": [{"file": name, "score": 0.5, "tolerance": 0.1}]}
        with pytest.raises(ModelError, match="cannot be read"):
            read_self_test({SELF_TEST_NAME: json.dumps(listed).encode(), name: JPEG}, "package")
    assert SelfTestFrame(file="selftest-01.jpg", score=0.5, tolerance=0.1).file == "selftest-01.jpg"
