"""The one-time code of an enrolment: typed on a mast, it names a secret and the authority that may be trusted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from firewatch.errors import InvalidValue

__all__ = ["CODE_CHARACTERS", "SECRET_BYTES", "EnrolmentCode", "make_code", "pin_of", "read_code"]

# Crockford's base 32: no I, L, O, U, which people misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BITS = 5
_GROUP = 4
# 55 bits cannot be guessed at a desk that answers eight tries in ten minutes; 80 bits of the authority's fingerprint
# cannot be met by another authority's certificate.
_SECRET_CHARACTERS, _PIN_CHARACTERS = 11, 16
CODE_CHARACTERS = _SECRET_CHARACTERS + _PIN_CHARACTERS + 1
SECRET_BYTES = 7


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code in parts.

    Parameters
    ----------
    secret : str
        Proves to the centre that this is the tower that was invited; 11 characters of Crockford base 32.
    pin : str
        Proves the bureau's authority to the tower: the start of its certificate's SHA-256; 16 characters.
    """

    secret: str
    pin: str

    @property
    def text(self) -> str:
        """As it is printed and typed: seven groups of four, the last character checks the others."""
        letters = f"{self.secret}{self.pin}"
        whole = letters + _check_character(letters)
        return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))

    def __repr__(self) -> str:
        """Show nothing of the secret."""
        return f"EnrolmentCode(pin={self.pin})"


def make_code(randomness: bytes, authority_der: bytes) -> EnrolmentCode:
    """Make a code.

    Parameters
    ----------
    randomness : bytes, length 7
        From the operating system (`os.urandom`).
    authority_der : bytes
        The authority's own certificate (the last of its chain) in DER form.

    Raises
    ------
    InvalidValue
        If there are not exactly 7 bytes.
    """
    if len(randomness) != SECRET_BYTES:
        raise InvalidValue("randomness of a code", len(randomness), f"{SECRET_BYTES} bytes")
    return EnrolmentCode(_letters(randomness, _SECRET_CHARACTERS), pin_of(authority_der))


def pin_of(authority_der: bytes) -> str:
    """Return the first 80 bits of a certificate's SHA-256 in Crockford base 32."""
    return _letters(hashlib.sha256(authority_der).digest(), _PIN_CHARACTERS)


def read_code(typed: str) -> EnrolmentCode:
    """Read what a person typed: small letters, blanks, hyphens and O for 0, I or L for 1 do no harm.

    Raises
    ------
    InvalidValue
        If it is too short or too long, holds another character, or the check character does not fit. The message
        never repeats the code.
    """
    letters = "".join(typed.upper().split()).replace("-", "").translate(_MISREAD)
    if len(letters) != CODE_CHARACTERS:
        raise InvalidValue("length of the code", len(letters), f"{CODE_CHARACTERS} characters, in groups of {_GROUP}")
    for place, letter in enumerate(letters, start=1):
        if letter not in _ALPHABET:
            raise InvalidValue(f"character {place} of the code", letter, "a digit or a letter other than U")
    if _check_character(letters[:-1]) != letters[-1]:
        raise InvalidValue("the code", "mistyped", "as printed: its last character does not fit the others; read again")
    return EnrolmentCode(letters[:_SECRET_CHARACTERS], letters[_SECRET_CHARACTERS:-1])


def _letters(content: bytes, count: int) -> str:
    """Return the first `count` times 5 bits of the bytes."""
    number = int.from_bytes(content, "big") >> (len(content) * 8 - count * _BITS)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range((count - 1) * _BITS, -1, -_BITS))


def _check_character(letters: str) -> str:
    """Return the check character by Luhn's rule in base 32: it finds each wrong character and nearly each swap.

    References
    ----------
    .. [1] ISO/IEC 7812-1:2017, annex B (Luhn), generalised to base n.
    """
    base, total = len(_ALPHABET), 0
    for place, letter in enumerate(reversed(letters)):
        value = _ALPHABET.index(letter)
        doubled = value * 2 if place % 2 == 0 else value
        total += doubled // base + doubled % base
    return _ALPHABET[-total % base]
