"""Real model packages with a tiny network, as the tests of model updates need them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.wire.model_package import Manifest, PackagedFile, pack
from firewatch.wire.package_keys import make_keys, read_signing_key, read_trusted
from firewatch.wire.self_test import self_test_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

__all__ = [
    "AT",
    "PAIR",
    "TRUSTED",
    "packed",
    "plain_files",
    "sha256_of",
    "squares_files",
    "view",
    "with_set",
]

PAIR = make_keys()
KEY = read_signing_key(PAIR.private_pem, "bureau.key")
TRUSTED = read_trusted(PAIR.public_pem, "bureau.pub")
AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
_ANY = PackagedFile(name="model.toml", size=1, sha256="0" * 64)


def plain_files(version: str) -> dict[str, bytes]:
    """Return a model whose network nobody will run."""
    network = f"a network of {version}".encode() * 500
    sheet = f'name = "squares"\nversion = "{version}"\nfile = "smoke.onnx"\nsha256 = "{sha256_of(network)}"\n'
    return {"model.toml": sheet.encode(), "smoke.onnx": network, "MODEL_CARD.md": b"# Card\n"}


def squares_files(folder: Path, version: str) -> dict[str, bytes]:
    """Return the squares model of a folder under another version."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    files["model.toml"] = files["model.toml"].replace(b'version = "1"', f'version = "{version}"'.encode())
    return {**files, "MODEL_CARD.md": b"# Card\n"}


def view(seed: int, *, has_smoke: bool = False) -> npt.NDArray[np.uint8]:
    """Return a picture of a dark hill, with or without what the squares model takes for smoke; (96, 128, 3)."""
    image = np.random.default_rng(seed).integers(20, 120, (96, 128, 3)).astype(np.uint8)
    if has_smoke:
        image[32:48, 48:64] = 250
    return image


def with_set(files: Mapping[str, bytes], pictures: Mapping[int, float], tolerance: float = 0.05) -> dict[str, bytes]:
    """Add a self-test set: views by their seeds, those from 100 on with smoke, and what is expected of each."""
    coded = [
        (cv2.imencode(".png", view(seed, has_smoke=seed >= 100))[1].tobytes(), score)
        for seed, score in pictures.items()
    ]
    return {**files, **self_test_files(coded, tolerance, "test")}


def packed(files: Mapping[str, bytes], *, least_edge: str = "0.0.1", name: str = "squares") -> bytes:
    """Return the signed package of a model."""
    version = files["model.toml"].partition(b'version = "')[2].partition(b'"')[0].decode()
    manifest = Manifest(
        schema="firewatch-model/1",
        name=name,
        version=version,
        least_edge_version=least_edge,
        created_at=AT,
        key_id="0" * 16,
        files=(_ANY, _ANY),
        ungated="a test's",
    )
    return pack(files, manifest, KEY, "test")


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
