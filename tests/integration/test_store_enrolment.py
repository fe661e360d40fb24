"""Codes and certificates in the store: once, for one key, one tower; the fake promises the same."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import TowerId
from firewatch.services.enrolment_ports import CodeRecord, IssuedCertificate
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store

YUNFENG, SHIGU = TowerId("yunfeng"), TowerId("shigu")
HOUR = timedelta(hours=1)
CODE = CodeRecord("a" * 64, YUNFENG, SCENE_START, "officer", SCENE_START + 24 * HOUR)
CERTIFICATE = IssuedCertificate("ab12", YUNFENG, "k" * 64, "pem", SCENE_START, SCENE_START + 100 * HOUR, "code", "::1")


def test_a_code_is_used_once_and_its_certificate_comes_with_it(any_store: Store) -> None:
    book = any_store.enrolment_book
    book.put(CODE)
    assert book.find(CODE.digest) == CODE
    assert book.find("b" * 64) is None
    assert book.use(CODE.digest, CERTIFICATE, SCENE_START + HOUR)
    assert book.find(CODE.digest) == replace(CODE, used_at=SCENE_START + HOUR, used_for="k" * 64)
    assert not book.use(CODE.digest, replace(CERTIFICATE, serial="cd"), SCENE_START + HOUR)
    assert book.certificates() == (CERTIFICATE,)
    assert book.of_key("k" * 64) == CERTIFICATE
    assert book.of_key("x") is None


def test_an_expired_or_unknown_code_gives_nothing(any_store: Store) -> None:
    book = any_store.enrolment_book
    book.put(CODE)
    assert not book.use(CODE.digest, CERTIFICATE, CODE.expires_at)
    assert not book.use("b" * 64, CERTIFICATE, SCENE_START)
    assert book.certificates() == ()


def test_a_new_code_withdraws_the_towers_former_one_only(any_store: Store) -> None:
    book = any_store.enrolment_book
    other = replace(CODE, digest="c" * 64, tower_id=SHIGU, made_at=SCENE_START + timedelta(minutes=1))
    newer = replace(CODE, digest="b" * 64, made_at=SCENE_START + HOUR)
    for code in (CODE, other, newer):
        book.put(code)
    assert book.codes() == (newer, other, replace(CODE, withdrawn_at=SCENE_START + HOUR))
    assert not book.use(CODE.digest, CERTIFICATE, SCENE_START + HOUR)


def test_a_revocation_takes_all_that_stands_and_leaves_the_record(any_store: Store) -> None:
    book, at = any_store.enrolment_book, SCENE_START + 50 * HOUR
    past = replace(CERTIFICATE, serial="1", key_digest="1", expires_at=SCENE_START + HOUR)
    renewed = replace(CERTIFICATE, serial="2", key_digest="2", how="renewal", issued_at=SCENE_START + HOUR)
    others = replace(CERTIFICATE, serial="3", key_digest="3", tower_id=SHIGU, issued_at=SCENE_START + 2 * HOUR)
    for one in (past, CERTIFICATE, renewed, others):
        book.add(one)
    book.put(replace(CODE, expires_at=at + HOUR))
    assert book.revoke(YUNFENG, at, "officer zhang", "stolen") == 2
    assert book.revoke(YUNFENG, at + HOUR, "another", "later") == 0
    told = {"revoked_at": at, "revoked_by": "officer zhang", "reason": "stolen"}
    assert book.of_key("2") == replace(renewed, **told)
    assert book.of_key(CERTIFICATE.key_digest) == replace(CERTIFICATE, **told)
    assert book.of_key("1") == past
    assert book.of_key("3") == others
    assert not book.use(CODE.digest, CERTIFICATE, at)


def test_of_two_desks_that_take_a_code_at_once_one_gets_it(store: Store, open_again: Callable[[], Store]) -> None:
    store.enrolment_book.put(CODE)
    books, won, start = [open_again().enrolment_book for _ in range(4)], [], threading.Barrier(4)

    def take(place: int) -> None:
        start.wait(10)
        mine = replace(CERTIFICATE, serial=str(place), key_digest=str(place))
        if books[place].use(CODE.digest, mine, SCENE_START):
            won.append(str(place))

    threads = [threading.Thread(target=take, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(won) == 1
    assert [one.serial for one in store.enrolment_book.certificates()] == won
