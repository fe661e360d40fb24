"""What a tower's computer must carry, and nothing more."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys

# DESIGN.md, section 2: these, and what they need themselves; cryptography by docs/adr/0019.
WANTED = {
    *("cryptography", "firewatch", "firewatch-edge", "msgspec", "numpy", "onnxruntime"),
    *("opencv-python-headless", "paho-mqtt"),
}
NEEDED_BY_THEM = {"cffi", "flatbuffers", "packaging", "protobuf", "pycparser"}
CENTRAL = {
    "alembic",
    "amqtt",
    "argon2",
    "fastapi",
    "httpx",
    "jinja2",
    "pyproj",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "starlette",
    "torch",
    "uvicorn",
}
CENTRAL_PARTS = {
    *("adapters", "bootstrap", "config", "danger", "demo", "fusion", "geodesy", "learning", "roles", "services", "web"),
}


def closure(name: str) -> set[str]:
    found, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        waiting += [needed for needed in map(required, importlib.metadata.requires(current) or []) if needed]
    return found


def required(requirement: str) -> str | None:
    """Return the name in a requirement; None for one of an extra, or of another system."""
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    if parsed.marker is not None and not parsed.marker.evaluate({"extra": ""}):
        return None
    return re.sub(r"[-_.]+", "-", parsed.name).lower()


def modules_after(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


def test_a_tower_installs_the_six_libraries_and_what_they_need() -> None:
    found = closure("firewatch-edge")
    assert found >= WANTED
    assert found <= WANTED | NEEDED_BY_THEM


def test_a_running_node_loads_nothing_of_the_centre() -> None:
    loaded = modules_after("import firewatch_edge.cli.main, firewatch_edge.cli.tower, firewatch_edge.node")
    assert "firewatch_edge.node" in loaded
    assert not loaded & CENTRAL
    assert not loaded & {f"firewatch.{part}" for part in CENTRAL_PARTS}


def test_a_weather_table_does_not_load_the_database() -> None:
    loaded = modules_after("import firewatch.adapters.danger_tables")
    assert not loaded & {"sqlalchemy", "fastapi", "httpx"}
