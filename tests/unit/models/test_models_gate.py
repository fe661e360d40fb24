"""The gate lets a candidate through only where it loses nothing, and says by which test it lost."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import onnx
import pytest

from firewatch.domain.vision import Detections
from firewatch.errors import ConfigError
from firewatch.services.model_packing import PackOrder, is_packed, package_of
from firewatch.testing.clocks import SCENE_START
from firewatch.testing.pictures import draw_view, smoke_box
from firewatch.wire.package_keys import make_keys, read_signing_key
from models.evaluate.episodes import Episodes
from models.evaluate.sequences import Outcome
from models.evaluate.watching import Moment
from models.gate import compare, main, why_lost
from models.gate_checks import Check, check_files, check_readable, check_speed, count_parameters
from models.gate_measures import SEQUENCES, Values, measure
from models.gate_tests import FrozenTest, Limits, digest_of, read_tests, require_frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIPPED = Path(__file__).parents[3] / "models" / "smoke"
CAMERAS = 2
TEST = FrozenTest(name="t", kind="frames", path="", measure="specificity", direction="up", tolerance=0.05)


def mean(items: Sequence[float]) -> float:
    return float(np.mean(items)) if items else float("nan")


def values(scores: Sequence[float], cameras: Sequence[str] | None = None) -> Values:
    places = cameras or [f"c{number % 8}" for number in range(len(scores))]
    return Values(
        tuple(map(str, range(len(scores)))), tuple(places), lambda index: mean([scores[place] for place in index])
    )


def test_the_same_scores_are_no_loss() -> None:
    rng = np.random.default_rng(1)
    scores = list(rng.random(80))
    verdict = compare(TEST, values(scores), values(scores))
    assert (verdict.lost, verdict.better, verdict.better_95) == ("", 0.0, (0.0, 0.0))


def test_a_loss_beyond_the_tolerance_is_lost_and_within_it_is_not_unless_it_is_sure() -> None:
    rng = np.random.default_rng(2)
    old = list(rng.random(80))
    noisy = [score - 0.02 + float(rng.normal(0.0, 0.4)) for score in old]
    noisy = [score - (mean(noisy) - mean(old)) - 0.02 for score in noisy]
    sure = [score - 0.02 for score in old]
    assert compare(TEST, values([score - 0.06 for score in old]), values(old)).lost == "worse than the tolerance"
    assert compare(TEST, values(noisy), values(old)).lost == ""
    assert compare(TEST, values(sure), values(old)).lost == "surely worse"
    assert compare(TEST, values(old), values(sure)).lost == ""


def test_where_less_is_better_more_is_lost() -> None:
    down = msgspec.structs.replace(TEST, direction="down")
    old = [float(number) for number in range(16)]
    verdict = compare(down, values([score + 1.0 for score in old]), values(old))
    assert (verdict.better, verdict.lost) == (-1.0, "worse than the tolerance")
    assert compare(down, values([score - 1.0 for score in old]), values(old)).lost == ""


def test_with_few_cameras_the_tolerance_alone_decides() -> None:
    four = [f"c{number % 4}" for number in range(40)]
    verdict = compare(TEST, values([0.48] * 40, four), values([0.5] * 40, four))
    assert (verdict.better_95, verdict.lost) == (None, "")


def test_cameras_not_frames_are_drawn_again() -> None:
    # One camera of six lost everything: by frames that is sure, by cameras it is one camera.
    cameras = [f"c{number % 6}" for number in range(600)]
    old = [1.0] * 600
    new = [0.8 if camera == "c0" else 1.0 for camera in cameras]
    verdict = compare(TEST, values(new, cameras), values(old, cameras))
    assert verdict.better_95 is not None
    assert verdict.better_95[0] < -0.08
    assert verdict.better_95[1] == 0.0
    assert verdict.lost == ""


def test_what_cannot_be_measured_is_lost() -> None:
    assert compare(TEST, values([]), values([])).lost == "cannot be measured"
    assert why_lost(float("nan"), None, 1.0) == "cannot be measured"


def test_two_models_must_have_looked_at_the_same() -> None:
    new = values([1.0])
    with pytest.raises(ValueError, match="same frames"):
        compare(TEST, replace(new, keys=("other",)), new)


@pytest.fixture(scope="module")
def drawn_test(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw smoke and clear views of two cameras."""
    folder, images = tmp_path_factory.mktemp("views"), []
    for camera in range(CAMERAS):
        for growth in (0.0, 1.0):
            name = f"{camera}-{growth:.0f}.png"
            view = draw_view(growth, camera)
            box = smoke_box(growth)
            if growth == 0.0:
                view = np.ascontiguousarray(view[:, ::-1][:, 500:])  # the half without the drawn smoke's start
            cv2.imwrite(str(folder / name), view)
            boxes = [[box.x0, box.y0, box.width, box.height]] if growth else []
            label = "smoke" if growth else "none"
            images.append({"file": name, "image_label": label, "boxes": boxes, "camera": f"c{camera}"})
    (folder / "annotations.json").write_text(json.dumps({"images": images}))
    return folder


def model_like(folder: Path, **thresholds: float) -> Path:
    """Copy the shipped detector, without its verifier, with other thresholds."""
    folder.mkdir()
    shutil.copy(SHIPPED / "smoke.onnx", folder)
    shutil.copy(SHIPPED / "smoke.int8.onnx", folder)
    shutil.copy(SHIPPED / "MODEL_CARD.md", folder)
    lines, section = [], ""
    alone = (SHIPPED / "model.toml").read_text(encoding="utf-8").split("\n[temporal]")[0]
    for line in alone.splitlines():
        section = line if line.startswith("[") else section
        is_changed = line.startswith("threshold") and section.strip("[]") in thresholds
        lines.append(f"threshold = {thresholds[section.strip('[]')]}" if is_changed else line)
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def digest_of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def frozen_tests(path: Path, folder: Path) -> Path:
    text = "[limits]\nslower_share = 10.0\n"
    for name, of in (("ranking", "auroc"), ("in place", "localised_recall"), ("quiet", "specificity")):
        text += f'[[test]]\nname = "{name}"\nkind = "frames"\npath = "{folder}"\nmeasure = "{of}"\n'
        text += f'direction = "up"\ntolerance = 0.05\nsha256 = "{digest_of(folder, "frames")}"\n'
    path.write_text(text)
    return path


@pytest.fixture
def current(tmp_path: Path) -> Path:
    # Low enough that the drawn smoke is found: what the gate compares must have something to lose.
    return model_like(tmp_path / "current", decision=0.02)


def run(tmp_path: Path, candidate: Path, current: Path, tests: Path) -> tuple[int, dict[str, Any]]:
    words = [
        "--candidate",
        str(candidate),
        "--current",
        str(current),
        "--tests",
        str(tests),
        "--threads",
        "1",
        "--rounds",
        "1",
    ]
    code = main(words)
    path = candidate / "gate.json"
    return code, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def test_an_equal_candidate_passes_and_may_be_packed(
    tmp_path: Path, current: Path, drawn_test: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = model_like(tmp_path / "candidate", decision=0.02)
    code, report = run(tmp_path, candidate, current, frozen_tests(tmp_path / "tests.toml", drawn_test))
    printed = capsys.readouterr().out
    assert (code, report["passed"]) == (0, True), printed
    assert "PASSED" in printed
    assert report["schema"] == "firewatch-gate/1"
    assert "more than the test's tolerance" in report["rule"]
    assert [test["lost"] for test in report["tests"]] == ["", "", ""]
    by_name = {test["name"]: test for test in report["tests"]}
    assert by_name["in place"]["current"] > 0.5, "the test's smoke must be found, or nothing could be lost"
    assert (
        report["candidate"]["files"]["smoke.onnx"]
        == hashlib.sha256((candidate / "smoke.onnx").read_bytes()).hexdigest()
    )
    files = {path.name: path.read_bytes() for path in candidate.iterdir() if is_packed(path.name)}
    order = PackOrder("0.1.0", SCENE_START)
    assert package_of(files, order, read_signing_key(make_keys().private_pem, "k"), "candidate")


def test_a_blind_candidate_is_refused_by_the_test_that_it_lost(
    tmp_path: Path, current: Path, drawn_test: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = model_like(tmp_path / "blind", decision=0.9999)
    code, report = run(tmp_path, blind, current, frozen_tests(tmp_path / "tests.toml", drawn_test))
    assert (code, report["passed"]) == (1, False)
    assert {test["name"]: test["lost"] for test in report["tests"]} == {
        "ranking": "",
        "in place": "worse than the tolerance",
        "quiet": "",
    }
    assert "REFUSED" in capsys.readouterr().out


def test_an_exchanged_network_a_missing_threshold_and_small_limits_are_refused(tmp_path: Path, current: Path) -> None:
    failed = {
        c.name for c in check_files(current, Limits(most_parameters=1, most_bytes=1, highest_opset=16)) if not c.passed
    }
    assert failed == {
        f"{name}: {what}" for name in ("smoke.onnx", "smoke.int8.onnx") for what in ("bytes", "opset", "parameters")
    }
    assert all(check.passed for check in check_files(current, Limits()))
    sheet = (current / "model.toml").read_text().replace("threshold = 0.02\n", "")
    (current / "model.toml").write_text(sheet.replace(digest_of_file(current / "smoke.onnx"), "0" * 64))
    assert {c.name for c in check_files(current, Limits()) if not c.passed} == {"smoke.onnx: sha256", "thresholds"}
    shutil.copy(current / "smoke.onnx", current / "other.onnx")
    assert "other.onnx: sha256" in {c.name for c in check_files(current, Limits()) if not c.passed}


def test_parameters_are_counted_from_the_network_itself() -> None:
    assert count_parameters(onnx.load(str(SHIPPED / "smoke.onnx"))) == 1_866_831


def test_a_slower_candidate_is_refused(tmp_path: Path, current: Path) -> None:
    quick = model_like(tmp_path / "quick")
    given, made = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, ["b", 3, 736, 1280]) for name in "xy"
    )
    given.name = "images"
    node = onnx.helper.make_node("Identity", ["images"], ["y"])
    graph = onnx.helper.make_graph([node], "quick", [given], [made])
    network = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(network, str(quick / "smoke.onnx"))
    (slow,) = check_speed(current, quick, Limits(), rounds=2)
    assert not slow.passed
    assert [check.passed for check in check_speed(quick, current, Limits(), rounds=1)] == [True]
    assert "(now " in slow.allowed


def test_the_verifier_is_checked_as_the_detector_is(tmp_path: Path, squares_model: Path, range_model: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(range_model, both)
    found = {check.name: check for check in check_files(both, Limits())}
    networks = [path.name for path in sorted(both.glob("*.onnx"))]
    assert networks == ["range.onnx", "squares.onnx"]
    wanted = {f"{name}: {what}" for name in networks for what in ("sha256", "bytes", "opset", "parameters")}
    assert found.keys() == wanted | {"thresholds"}
    assert all(check.passed for check in found.values())
    assert check_readable(both) == Check(
        "a tower reads it", passed=True, found="detector and verifier", allowed="as firewatch-edge reads a model"
    )
    assert [c.name for c in check_speed(both, both, Limits(slower_share=10.0), rounds=1)] == [
        "detector: milliseconds",
        "verifier: milliseconds",
    ]
    assert "now none" in check_speed(both, squares_model, Limits(), rounds=1)[1].allowed
    with (both / "range.onnx").open("ab") as network:
        network.write(b"\x00")
    assert not check_readable(both).passed
    sheet = (both / "model.toml").read_text(encoding="utf-8")
    (both / "model.toml").write_text(sheet.replace("threshold = 0.5\nhits", "threshold = 1.5\nhits"), encoding="utf-8")
    failed = {check.name for check in check_files(both, Limits()) if not check.passed}
    assert failed == {"range.onnx: sha256", "range.onnx: ONNX", "thresholds"}


def test_what_no_tower_reads_is_refused_before_anything_is_measured(
    tmp_path: Path, current: Path, drawn_test: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = model_like(tmp_path / "torn")
    (torn / "smoke.onnx").write_bytes((torn / "smoke.onnx").read_bytes() + b"\x00\x00")
    code, report = run(tmp_path, torn, current, frozen_tests(tmp_path / "tests.toml", drawn_test))
    assert (code, report["passed"], report["tests"]) == (1, False, [])
    assert "smoke.onnx: sha256" in capsys.readouterr().out


def test_a_changed_test_is_noticed(
    tmp_path: Path, current: Path, drawn_test: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = frozen_tests(tmp_path / "tests.toml", drawn_test)
    tests.write_text(tests.read_text().replace('sha256 = "', 'sha256 = "' + "0" * 64 + '"\n#'))
    code, report = run(tmp_path, current, current, tests)
    assert (code, report) == (1, {})
    assert "a frozen test was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "test"),
        ("[[test]]\nname = 'a'\n", "kind"),
        ('[[test]]\nname="a"\nkind="frames"\npath="."\nmeasure="f1"\ndirection="up"\ntolerance=0.1\n', "may be auroc"),
        ('[[test]]\nname="a"\nkind="frames"\npath="."\nmeasure="auroc"\ndirection="up"\ntolerance=-1\n', "tolerance"),
        ("[limits]\nfaster = 1\n[[test]]\n", "faster"),
        (2 * '[[test]]\nname="a"\nkind="frames"\npath="."\nmeasure="auroc"\ndirection="up"\ntolerance=0\n', "twice"),
    ],
)
def test_a_file_of_tests_is_read_strictly(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "tests.toml").write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_tests(tmp_path / "tests.toml")


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_tests(tmp_path / "no.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        require_frozen(TEST, tmp_path)
    assert main(["--candidate", str(tmp_path), "--tests", str(tmp_path / "no.toml")]) == 1
    assert "no.toml" in capsys.readouterr().err


def test_the_shipped_tests_can_be_read() -> None:
    tests = read_tests(SHIPPED.parent / "tests.toml")
    assert {test.kind for test in tests.test} == {"frames", "rendered", "sequences"}
    assert not [test.path for test in tests.test if "/test" in test.path], "the test split is for the last look"


def test_a_sequence_is_followed_from_before_its_ignition(tmp_path: Path) -> None:
    folder = tmp_path / "real" / "sequences" / "train" / "one"
    folder.mkdir(parents=True)
    frames = []
    for number, (at, growth) in enumerate([(-120, 0.0), (-60, 0.0), (60, 1.0), (120, 1.0), (180, 1.0), (240, 1.0)]):
        view = draw_view(growth, 1)
        view[0, 0] = number  # a picture that comes again counts once
        cv2.imwrite(str(folder / f"{number}.png"), view)
        frames.append({"file": f"{number}.png", "t": at})
    (folder / "index.json").write_text(json.dumps({"first_smoke_visible_t": 30, "frames": frames}))
    test = FrozenTest(
        name="s",
        kind="sequences",
        path=str(folder.parent),
        measure="first_confirmed_s",
        direction="down",
        tolerance=0.0,
        sha256=digest_of(folder.parent, "sequences"),
    )
    deaf = measure(model_like(tmp_path / "deaf", confirmation=0.99999), test, threads=1)
    assert (deaf.keys, deaf.value) == (("one",), 240.0), "never confirmed: the end counts"
    keen = measure(model_like(tmp_path / "keen", confirmation=1e-6), test, threads=1)
    assert keen.value == 60.0, "the third frame in which something is seen"
    verdict = compare(test, deaf, keen)
    assert (verdict.lost, verdict.better) == ("worse than the tolerance", -180.0)


def test_the_drawn_smoke_of_sequences_is_frozen_with_them(tmp_path: Path) -> None:
    one = tmp_path / "sequences" / "val" / "one"
    one.mkdir(parents=True)
    (one / "index.json").write_text(json.dumps({"first_smoke_visible_t": 0, "frames": []}))
    before = digest_of(one.parent, "sequences")
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "annotations.json").write_text('{"images": []}')
    assert digest_of(one.parent, "sequences") != before


def test_sequences_are_summed_up_by_what_was_confirmed_in_place() -> None:
    place = np.zeros((0, 4), np.float32)
    moments = (Moment(-60.0, 0.0, Detections.none(), place, place), Moment(300.0, 0.0, Detections.none(), place, place))
    found = Outcome("a", 2, 0.0, 120.0, True, Episodes(2, 1.0), 0, 0.5, moments)  # noqa: FBT003
    missed = Outcome("b", 2, 0.0, None, True, None, 3, 0.5, moments)  # noqa: FBT003
    both = [found, missed]
    assert {name: of(both) for name, of in SEQUENCES.items()} == {
        "first_confirmed_s": 210.0,
        "confirmed_share": 0.5,
        "false_confirmations": 2.0,
    }
    assert np.isnan(SEQUENCES["false_confirmations"]([missed]))
