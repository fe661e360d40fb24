"""The node's container file, read: nothing here builds it."""

from __future__ import annotations

import fnmatch
import json
import re

from edge_package import ROOT

TEXT = (ROOT / "edge" / "Containerfile").read_text(encoding="utf-8")
KNOWN = {"ARG", "CMD", "COPY", "ENTRYPOINT", "FROM", "HEALTHCHECK", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}


def instructions() -> list[tuple[str, str]]:
    """Return each instruction with its words; comments apart, continued lines joined."""
    lines = [line for line in TEXT.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines()]


def of(kind: str) -> list[str]:
    return [words for name, words in instructions() if name == kind]


def test_every_instruction_is_one() -> None:
    assert {name for name, _ in instructions()} <= KNOWN
    for kind in ("CMD", "ENTRYPOINT", "VOLUME"):
        (words,) = of(kind)
        assert all(isinstance(word, str) for word in json.loads(words)), kind


def test_it_has_two_stages_of_one_base_and_copies_only_what_is_there() -> None:
    assert of("FROM") == ["${BASE} AS unpacked", "${BASE}"]
    given, taken = of("COPY")
    assert taken == "--from=unpacked /node/usr /usr"
    for architecture in ("amd64", "arm64"):
        pattern = given.split()[0].replace("${TARGETARCH}", architecture)
        assert fnmatch.fnmatchcase(f"firewatch-edge_0.1.0-1~deb12_{architecture}.deb", pattern)
        assert not fnmatch.fnmatchcase(f"firewatch-edge_0.1.0-1~deb13_{architecture}.deb", pattern)


def test_it_runs_as_nobody_special_and_is_asked_how_it_is() -> None:
    names = [name for name, _ in instructions()]
    assert of("USER") == ["10001:10001"]
    assert names.index("USER") > max(number for number, name in enumerate(names) if name in {"RUN", "COPY"})
    (question,) = of("HEALTHCHECK")
    command = json.loads(question.partition("CMD ")[2])
    assert command[:2] == ["sh", "-c"]
    # The file that the node's default settings have it write: [health] path, eyes.json.
    assert "/etc/firewatch/var/health/eyes.json" in command[2]


def test_what_must_last_lies_in_volumes() -> None:
    assert json.loads(of("VOLUME")[0]) == ["/etc/firewatch", "/etc/firewatch/var"]


def test_it_installs_what_the_package_depends_on() -> None:
    control = (ROOT / "edge/debian/control.in").read_text(encoding="utf-8").replace("@PYTHON@", "3.11")
    depends = re.search(r"^Depends: (.+)$", control, re.MULTILINE)
    assert depends is not None
    needed = {need.split()[0] for need in depends[1].split(", ")}
    installed = set(of("RUN")[1].split())
    # Every Debian base has these two; an account and byte code are made otherwise here.
    assert needed - installed == {"libc6", "libgcc-s1", "adduser", "python3"}
