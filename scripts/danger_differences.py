"""Write docs/reference/danger-differences.md: how far the danger library is from the reference vectors.

Needs the shared measuring data beside the checkout. Exits 1 where a number is not reproduced, after writing.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "danger-differences.md"
SHARED_DATA = ROOT.parent / "shared" / "data"


def main() -> int:
    """Write the page."""
    sys.path.insert(0, str(ROOT / "tests"))
    from danger_vectors.page import measure, render

    measured = list(measure(SHARED_DATA))
    PAGE.write_text(render(measured), encoding="utf-8")
    missed = [vector.name for vector, _, difference in measured if not difference.is_reproduced]
    for name in missed:
        print(f"not reproduced: {name}", file=sys.stderr)
    print(f"{PAGE.relative_to(ROOT)}: {len(measured)} vectors")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
