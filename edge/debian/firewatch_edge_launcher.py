#!@HOME@/bin/python3 -I
"""firewatch-edge as the package installs it: what root does to this tower, it does as the tower's service.

Root's own files in the tower's folders would lock the service out of them: a key that only root may read, an outbox
that only root may write. So a command by root upon ``/etc/firewatch`` (a path in it is named, or root stands in it)
takes the service's account and, like the service, the secrets of ``edge.env``. Any other stays as it was called.
"""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

SETTINGS = Path("/etc/firewatch")
SECRETS = SETTINGS / "edge.env"
ACCOUNT = "firewatch-edge"


def concerns_the_tower(arguments: list[str]) -> bool:
    """Tell whether a command works upon this tower's settings."""
    paths = [Path(argument.rpartition("=")[2]) for argument in arguments]
    return any(SETTINGS in (path.resolve(), *path.resolve().parents) for path in [*paths, Path()])


def read_secrets(text: str) -> dict[str, str]:
    """Read NAME=value lines as systemd's EnvironmentFile does: blank lines and comments apart, quotes taken off."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name.strip()] = value[1:-1] if quoted else value
    return found


def become_the_service() -> None:
    """Take the secrets and the account of the service; for good."""
    account = pwd.getpwnam(ACCOUNT)
    if SECRETS.is_file():
        os.environ.update(read_secrets(SECRETS.read_text(encoding="utf-8")))
    os.environ.update(HOME=account.pw_dir, USER=ACCOUNT, LOGNAME=ACCOUNT)
    os.initgroups(ACCOUNT, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.umask(0o077)


def main() -> int:
    """Run one command of the node."""
    if os.geteuid() == 0 and concerns_the_tower(sys.argv[1:]):
        become_the_service()
    from firewatch_edge.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
