"""The settings of enrolment, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EnrolmentConfig", "with_ca_folder"]

Host = Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9.:-]*$")]


class EnrolmentConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How towers get their keys and certificates.

    Parameters
    ----------
    public_host : str
        Name or address by which towers reach the enrolment desk; empty: there is no desk.
    host : str
        Where the desk listens.
    port : int
        Of the desk, over TLS; the port after it gives the authority's certificate and the list of revoked ones.
    ca : str
        Folder of the authority.
    broker_host : str
        Name or address by which towers reach the broker; empty: as public_host.
    broker_port : int
        The broker's port for TLS.
    broker_files : str
        Folder of the files for Mosquitto, which `towers revoke` writes anew; empty: none.
    code_hours : float
        How long a code is good [h].
    certificate_days : float
        How long a tower's certificate is good [days].
    models : str
        Folder of the model packages that enrolled towers may fetch; empty: none is offered.
    package_keys : str
        File of the public keys that verify those packages, which a tower gets when it is enrolled; empty: by hand.
    """

    public_host: Host = ""
    host: Annotated[str, Meta(min_length=1, max_length=253)] = "0.0.0.0"  # noqa: S104 - towers come from outside
    port: Annotated[int, Meta(ge=1, le=65_534)] = 8443
    ca: Annotated[str, Meta(min_length=1, max_length=500)] = "var/ca"
    broker_host: Host = ""
    broker_port: Annotated[int, Meta(ge=1, le=65_535)] = 8883
    broker_files: Annotated[str, Meta(max_length=500)] = ""
    code_hours: Annotated[float, Meta(gt=0.0, le=168.0)] = 24.0
    certificate_days: Annotated[float, Meta(ge=1.0, le=3650.0)] = 365.0
    models: Annotated[str, Meta(max_length=500)] = ""
    package_keys: Annotated[str, Meta(max_length=500)] = ""

    @property
    def broker(self) -> str:
        """Name or address of the broker as towers reach it."""
        return self.broker_host or self.public_host


def with_ca_folder(config: EnrolmentConfig, folder: Path) -> EnrolmentConfig:
    """Return the settings with their folders made absolute."""
    files = config.broker_files and str(folder / config.broker_files)
    models = config.models and str(folder / config.models)
    keys = config.package_keys and str(folder / config.package_keys)
    replaced = {"ca": str(folder / config.ca), "broker_files": files, "models": models, "package_keys": keys}
    return msgspec.structs.replace(config, **replaced)
