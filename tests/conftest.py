"""Fixtures that every test may use."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A slow machine is no failure: without this a busy one breaks properties by Hypothesis's limit of 200 ms an example.
settings.register_profile("firewatch", deadline=None)
settings.load_profile("firewatch")

# Whole systems at once are too much for two cores, and a worker that waits for another's does nothing: each of these
# folders' tests stay on one worker. By path, for xdist's own groups are not seen by this pytest.
_KEPT_TOGETHER = {
    "tests/integration/demo/": "whole systems",
    "tests/integration/faults/": "whole systems",
    "tests/integration/test_edge_package.py": "package",
    "tests/integration/test_wheels_run_the_demo.py": "whole systems",
    "tests/integration/transport/": "brokers",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests out one by one, but those that must be kept together as one piece of work, and these first."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((name for start, name in _KEPT_TOGETHER.items() if nodeid.startswith(start)), nodeid)

    return Scheduling(config, log)


SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Return a context that one test at a time may be in, over all workers: two whole systems at once are too much."""
    base = tmp_path_factory.getbasetemp()
    path = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "alone.lock"

    @contextlib.contextmanager
    def hold() -> Iterator[None]:
        with path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    return hold


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the shared measuring data; skip where it is absent (users do not have it)."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared measuring data are not beside this checkout")
    return SHARED_DATA


_CELL = 16
_SQUARES = """
schema = 1
name = "squares"
version = "1"
file = "squares.onnx"
sha256 = "{sha256}"
labels = ["smoke"]
[input]
name = "images"
width = 128
height = 96
channels = "BGR"
dtype = "uint8"
pad = 114
letterbox = "top-left"
[output]
boxes = "boxes"
logits = "logits"
[calibration]
kind = "platt"
a = 1.0
b = {bias}
[decision]
threshold = 0.5
nms_iou = 0.5
max_width_fraction = 0.4
[confirmation]
threshold = 0.5
hits = 3
window = 6
"""


def write_squares_model(folder: Path, bias: float = 0.0) -> Path:
    """Write a true network, small enough to reason about, and return its folder.

    Its input is 128 x 96; it finds the cells of 16 x 16 pixels that are bright: the logit is (mean grey - 200) / 10.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save_model

    columns, rows = 128 // _CELL, 96 // _CELL
    corners = [[x * _CELL, y * _CELL, (x + 1) * _CELL, (y + 1) * _CELL] for y in range(rows) for x in range(columns)]
    constants = {
        "grid": np.array([corners], np.float32),
        "dark": np.array(200.0, np.float32),
        "step": np.array(10.0, np.float32),
        "flat": np.array([1, rows * columns, 1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["cells"], kernel_shape=[_CELL, _CELL], strides=[_CELL, _CELL]),
        helper.make_node("Sub", ["cells", "dark"], ["above"]),
        helper.make_node("Div", ["above", "step"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["logits"]),
        helper.make_node("Identity", ["grid"], ["boxes"]),
    ]
    graph = helper.make_graph(
        nodes,
        "squares",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 3, 96, 128])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, rows * columns, 4]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, rows * columns, 1]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save_model(model, str(folder / "squares.onnx"))
    sha256 = hashlib.sha256((folder / "squares.onnx").read_bytes()).hexdigest()
    (folder / "model.toml").write_text(_SQUARES.format(sha256=sha256, bias=bias), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def squares_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model that finds bright cells of 16 x 16 pixels in its 128 x 96 input."""
    return write_squares_model(tmp_path_factory.mktemp("squares"))


@pytest.fixture(scope="session")
def blind_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model that never sees anything."""
    return write_squares_model(tmp_path_factory.mktemp("blind"), bias=-1000.0)


@pytest.fixture(scope="session")
def range_model(squares_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of that model with a verifier that tells what left the range of its past."""
    from temporal_model import write_range_model

    return write_range_model(squares_model, tmp_path_factory.mktemp("range") / "model")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped anything: there, everything that the suite needs is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or hasattr(session.config, "workerinput") or reporter is None:
        return
    skipped = len(reporter.stats.get("skipped", []))
    if skipped:
        reporter.write_line(f"{skipped} tests were skipped in CI, where nothing may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out because its tools belong to those who train models."""
    if find_spec("torch") is None:
        terminalreporter.write_line("left out: tests/training, which need PyTorch; `make test-training` runs them")
