"""Small parts: no function, module or argument list outgrows what a person can hold in their head."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
MOST_CODE_LINES = 40
MOST_MODULE_LINES = 400
MOST_POSITIONAL = 6

# Each exception needs a reason that would convince a new colleague. An exception that is no longer needed fails below.
LONG_FUNCTIONS: dict[str, str] = {}
LONG_MODULES: dict[str, str] = {
    "firewatch/danger/kernel.py": "one compiled kernel: its pieces are inlined into one loop, and numba caches by file",
}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Path]:
    folders = ("firewatch", "edge", "models", "scripts", "benchmarks", "tests")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "node_modules" not in path.parts)


def code_lines(text: str) -> set[int]:
    """Return the numbers of the lines that hold code: not blank, not only a comment, not a docstring."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines - docstring_lines(ast.parse(text))


def docstring_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | _Function) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def functions(tree: ast.Module) -> Iterator[_Function]:
    return (node for node in ast.walk(tree) if isinstance(node, _Function))


def name_of(path: Path, function: _Function) -> str:
    return f"{path.relative_to(ROOT)}::{function.name}"


def length_of(function: _Function, code: set[int]) -> int:
    return sum(function.lineno <= line <= (function.end_lineno or function.lineno) for line in code)


def test_no_function_is_longer_than_forty_code_lines() -> None:
    long = {}
    for path in sources():
        text = path.read_text(encoding="utf-8")
        code = code_lines(text)
        for function in functions(ast.parse(text)):
            length = length_of(function, code)
            if length > MOST_CODE_LINES:
                long[name_of(path, function)] = f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {length}"
    assert not [words for name, words in long.items() if name not in LONG_FUNCTIONS]
    assert set(LONG_FUNCTIONS) <= set(long), "these exceptions are no longer needed"


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    counts = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in sources()}
    long = {name: count for name, count in counts.items() if count > MOST_MODULE_LINES}
    assert not {name: count for name, count in long.items() if name not in LONG_MODULES}
    assert set(LONG_MODULES) <= set(long), "these exceptions are no longer needed"


def test_no_function_takes_more_than_six_positional_arguments() -> None:
    many = []
    for path in sources():
        if path.is_relative_to(ROOT / "tests"):
            continue  # fixtures count as arguments
        for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in {"self", "cls"}]
            if len(names) > MOST_POSITIONAL:
                many.append(f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {len(names)}")
    assert not many


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [str(path.relative_to(ROOT)) for path in sources() if drawers & {*path.parent.parts, path.stem}]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('def f():\n    """Say."""\n\n    # why\n    return 1\n', {1, 5}),
        ('def f():\n    x = """\na\n"""\n    return x\n', {1, 2, 3, 4, 5}),
    ],
)
def test_code_lines_leave_out_what_is_not_code(text: str, lines: set[int]) -> None:
    assert code_lines(text) == lines
