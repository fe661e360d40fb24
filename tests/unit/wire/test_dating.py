"""A message says how old it is when it goes out; what is no sighting goes out as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firewatch.domain.vision import ClockState
from firewatch.testing.builders import a_message_id, a_sighting
from firewatch.wire import codec, dating


@pytest.mark.parametrize("clock", list(ClockState))
def test_the_age_and_the_clock_come_back_and_the_rest_is_untouched(clock: ClockState) -> None:
    made = replace(a_sighting(1), clock=clock)
    payload = codec.encode_sighting(made, a_message_id(1))
    read = codec.decode_sighting(dating.with_age(payload, 604_800.12345))
    assert (read.message_id, read.value, read.age_s) == (a_message_id(1), made, 604_800.123)
    assert codec.decode_sighting(payload).age_s is None


@pytest.mark.parametrize("payload", [b"rubbish", b"\xff\xd8\xff", b'{"schema":"firewatch/v1/sighting"}', b"[" * 9999])
def test_what_cannot_be_read_goes_out_byte_for_byte(payload: bytes) -> None:
    assert dating.with_age(payload, 1.0) == payload
