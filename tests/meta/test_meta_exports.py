"""Every package says what is public, and has it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"firewatch": ROOT / "firewatch", "firewatch_edge": ROOT / "edge" / "firewatch_edge"}
# Alembic finds these by their file names; nobody imports from them.
FOUND_BY_NAME = "firewatch.adapters.store.migrations"
# Packages that load none of their files: one is imported from its file, and the others' libraries stay out of memory.
IMPORTED_BY_FILE = {
    "firewatch.adapters": "a weather table must not load the database",
    "firewatch.learning": "nobody loads scikit-learn by accident",
    "firewatch.adapters.feeds": "a table of a station must not load what asks the web",
    "firewatch.services": "the intake must not load the associator",
    "firewatch.demo": "the simulated phone must not load the renderer",
}


def modules() -> list[str]:
    names = []
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            if path.stem == "__main__" or "node_modules" in path.parts:
                continue
            parts = path.relative_to(folder).with_suffix("").parts
            names.append(".".join((package, *(part for part in parts if part != "__init__"))))
    return [name for name in names if not name.startswith(FOUND_BY_NAME)]


def file_of(module: str) -> Path:
    package, *rest = module.split(".")
    path = PACKAGES[package].joinpath(*rest)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def declared(module: str) -> list[str] | None:
    for node in ast.parse(file_of(module).read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            names: list[str] = ast.literal_eval(node.value)  # type: ignore[attr-defined]  # an assignment has a value
            return names
    return None


def is_empty(module: str) -> bool:
    body = ast.parse(file_of(module).read_text(encoding="utf-8")).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def test_the_shared_package_itself_stays_empty() -> None:
    assert is_empty("firewatch")


@pytest.mark.parametrize("module", [name for name in modules() if name not in PACKAGES])
def test_a_module_says_what_is_public_and_has_it(module: str) -> None:
    names = declared(module)
    assert names is not None, "no __all__"
    assert bool(names) is (module not in IMPORTED_BY_FILE), "an empty __all__"
    assert len(names) == len(set(names)), "a name twice"
    found = importlib.import_module(module)
    assert not [name for name in names if not hasattr(found, name)]


@pytest.mark.parametrize("module", [name for name in modules() if name not in PACKAGES])
def test_nothing_private_is_public(module: str) -> None:
    assert not [name for name in declared(module) or [] if name.startswith("_")]


def test_the_errors_tree_is_drawn_as_it_is() -> None:
    from firewatch import errors

    drawn = [line.split("+--")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if "+--" in line]
    assert sorted([*drawn, "FirewatchError"]) == sorted(errors.__all__)
