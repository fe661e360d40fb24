"""Values of the trade as JSON text, and back.

msgspec writes the domain's dataclasses directly. It cannot read them, because their modules import the types of their
fields for the type checker only; so the readers here are built once for each class from its resolved annotations. What
is read passes the class's own checks.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, NewType, TypeVar

import msgspec

from firewatch.domain import alert, danger, geo, ids, incident, mounting, roster, vision, weather
from firewatch.errors import FirewatchError, StoreError

__all__ = ["read_value", "to_json", "value_from", "values_from"]

_Value = TypeVar("_Value")
_Reader = Callable[[Any], Any]

_encoder = msgspec.json.Encoder(order="deterministic")


def to_json(value: object) -> str:
    """Return a dataclass of the domain, or a sequence of such, as JSON text; equal values give equal texts."""
    return _encoder.encode(value).decode("utf-8")


def value_from(kind: type[_Value], text: str) -> _Value:
    """Read a dataclass of the domain.

    Raises
    ------
    StoreError
        If the text does not hold one: an upcaster is missing, or the row was changed by hand.
    """
    with _as_store_error(kind):
        return read_value(kind, msgspec.json.decode(text))


def values_from(kind: type[_Value], text: str) -> tuple[_Value, ...]:
    """Read a list of dataclasses of the domain; raise `StoreError` as `value_from`."""
    with _as_store_error(kind):
        return tuple(read_value(kind, one) for one in msgspec.json.decode(text, type=list[Any]))


@contextmanager
def _as_store_error(kind: type) -> Iterator[None]:
    try:
        yield
    except (FirewatchError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as err:
        raise StoreError(
            f"a stored {kind.__name__} cannot be read: {err!r}; was it written by a newer firewatch?"
        ) from err


def read_value(kind: type[_Value], parts: object) -> _Value:
    """Build a dataclass of the domain from decoded JSON; fields that it does not know are ignored."""
    value: _Value = _reader(typing.cast("Any", kind))(parts)
    return value


@lru_cache(maxsize=256)
def _reader(hint: Any) -> _Reader:
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(typing.cast("type[object]", hint))
    if isinstance(hint, type):
        return _plain_reader(hint)
    return _generic_reader(hint)


def _plain_reader(kind: type) -> _Reader:
    if kind is float:
        return float
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    return kind if issubclass(kind, Enum) else _as_is(kind)


def _as_is(kind: type) -> _Reader:
    def read(given: Any) -> Any:
        if not isinstance(given, kind):
            raise TypeError(given, kind)
        return given

    return read


def _generic_reader(hint: Any) -> _Reader:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return _union_reader(arguments)
    if origin is frozenset:
        return _collection_reader(frozenset, arguments[0])
    if origin is tuple and arguments[-1] is Ellipsis:
        return _collection_reader(tuple, arguments[0])
    if origin is tuple:
        readers = tuple(_reader(argument) for argument in arguments)
        return lambda given: tuple(read(item) for read, item in zip(readers, given, strict=True))
    raise TypeError(hint)


def _collection_reader(collection: Callable[[Any], Any], hint: Any) -> _Reader:
    read = _reader(hint)
    return lambda given: collection(read(item) for item in given)


def _union_reader(arguments: tuple[Any, ...]) -> _Reader:
    """Return the reader of an optional value, or of one of several dataclasses, told apart by the fields they need.

    What was stored while a field knew one class only still reads: it has that class's fields.
    """
    kinds = tuple(argument for argument in arguments if argument is not type(None))
    read = _reader(kinds[0]) if len(kinds) == 1 else _any_of(kinds)
    return lambda given: None if given is None else read(given)


def _any_of(kinds: tuple[Any, ...]) -> _Reader:
    readers = {_needed(kind): _reader(kind) for kind in kinds}
    if len(readers) != len(kinds) or any(one < other for one in readers for other in readers):
        raise TypeError(kinds)

    def read(given: Any) -> Any:
        (chosen,) = (reader for needed, reader in readers.items() if needed <= set(given))
        return chosen(given)

    return read


def _needed(kind: Any) -> frozenset[str]:
    needed = (field for field in dataclasses.fields(kind) if field.default is field.default_factory)
    return frozenset(field.name for field in needed)


def _dataclass_reader(kind: type[Any]) -> _Reader:
    hints = typing.get_type_hints(kind, localns=_names())
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind) if field.init}
    return lambda given: kind(**{name: read(given[name]) for name, read in readers.items() if name in given})


@lru_cache(maxsize=1)
def _names() -> dict[str, Any]:
    """Return what the domain's annotations name and its modules import for the type checker only."""
    names: dict[str, Any] = {"date": date, "datetime": datetime, "timedelta": timedelta}
    for module in (alert, danger, geo, ids, incident, mounting, roster, vision, weather):
        names |= {name: getattr(module, name) for name in module.__all__}
    return names
