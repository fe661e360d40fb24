"""`firewatch model offer` and `offers`: packages that enrolled towers may fetch; and the pictures of a self-test."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue, ModelError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from firewatch.config import CentralConfig
    from firewatch.wire.model_package import ModelPackage

__all__ = ["folder_of", "offer", "offers", "with_self_test"]

_SUFFIX = ".fwmodel"


def with_self_test(files: Mapping[str, bytes], scores: Path, tolerance: float) -> dict[str, bytes]:
    """Return a model's files with the pictures that ``firewatch-edge detect --json`` scored; refuse a second set."""
    from firewatch.wire.self_test import is_self_test_file, self_test_files

    if any(is_self_test_file(name) for name in files):
        raise ModelError(str(scores), "the model's folder has a self-test set already; leave --self-test out")
    return {**files, **self_test_files(_pictures(scores), tolerance, str(scores))}


def _pictures(scores: Path) -> list[tuple[bytes, float]]:
    found = []
    try:
        for line in scores.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            found.append((Path(told["image"]).read_bytes(), float(told["score"])))
    except OSError as err:
        raise ModelError(str(scores), f"{err.filename}: {err.strerror}; run where `firewatch-edge detect` ran") from err
    except (ValueError, KeyError, TypeError) as err:
        why = f"is not what `firewatch-edge detect --json IMAGE...` prints, one object a line: {err}"
        raise ModelError(str(scores), why) from err
    return found


def offer(args: argparse.Namespace, package: ModelPackage, content: bytes) -> str:
    """Put a proved package where towers may fetch it."""
    folder = _folder(args)
    manifest, sha256 = package.manifest, hashlib.sha256(content).hexdigest()
    path = folder / f"{manifest.name}-{manifest.version}-{sha256[:12]}{_SUFFIX}"
    # `open_package` took these very bytes: what is offered is what was proved.
    if not path.exists():
        from firewatch.cli.model import write_new

        folder.mkdir(parents=True, exist_ok=True)
        write_new(path, content, 0o644)
    lines = [
        f"{manifest.name} {manifest.version}, {len(content)} bytes, sha256 {sha256}",
        f"offered to every enrolled tower by {path}; delete the file to take it back",
        f"from here: firewatch towers command update-model TOWER --model {sha256}",
        "on a tower: firewatch-edge model install --offered --config edge.toml",
    ]
    return "\n".join(lines)


def offers(args: argparse.Namespace) -> str:
    """List what towers may fetch, the newest first."""
    from firewatch.adapters.package_folder import PackageFolder

    folder = _folder(args)
    found = PackageFolder(folder).offers()
    if not found:
        return f"nothing is offered: {folder} holds no model package"
    return "\n".join(
        f"{one.name} {one.version:10} {one.size:>9} bytes  made {one.created_at:%Y-%m-%d}  "
        f"needs {one.least_edge_version}  sha256 {one.sha256}"
        for one in found
    )


def _folder(args: argparse.Namespace) -> Path:
    from firewatch.config import read_config

    return folder_of(read_config(args.config))


def folder_of(config: CentralConfig) -> Path:
    """Return where the packages lie that towers may fetch; raise `InvalidValue` where the settings name no folder."""
    folder = config.enrolment.models
    if not folder:
        raise InvalidValue("enrolment.models", "", "the folder of the packages that towers may fetch")
    return Path(folder)
