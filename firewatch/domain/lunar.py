"""The Chinese lunar calendar from 1950 to 2100: lunar dates, Qingming and the winter solstice, from a checked table.

GB/T 33661-2017 defines the calendar: days of China Standard Time (UTC+8); a month begins on the day of the new moon;
the month of the winter solstice is the eleventh; of thirteen months between two solstices the first without a major
solar term is the leap month. The table was computed by these rules from the Sun and Moon of the IAU's SOFA
collection; the tests compute it again by the formulas of Meeus. Three new moons are so close to midnight that the Hong
Kong Observatory names them as uncertain by a day: 28 September 2057, 4 September 2089, 7 August 2097.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

__all__ = ["FIRST_YEAR", "LAST_YEAR", "LunarDate", "lunar_date_of", "qingming", "solar_date_of", "winter_solstice"]

FIRST_YEAR, LAST_YEAR = 1950, 2100
_MONTHS = 12
_LONG, _SHORT = 30, 29

# Lunar year; month and day of its first day; its leap month (00: none); its months in order, 1 of 30 and 0 of 29 days,
# the leap month after the one whose number it bears; day of Qingming in April; day of the winter solstice in December.
_TABLE = """
1949 0129 07 1011010010101 5 22
1950 0217 00 011011001010  5 22
1951 0206 00 101101010101  5 23
1952 0127 05 0101010110101 5 22
1953 0214 00 010011011010  5 22
1954 0203 00 101001011011  5 22
1955 0124 03 0101001010111 5 22
1956 0212 00 010100101011  5 22
1957 0131 08 1010100101010 5 22
1958 0218 00 111010010101  5 22
1959 0208 00 011010101010  5 22
1960 0128 06 1010110101010 5 22
1961 0215 00 101010110101  5 22
1962 0205 00 010010110110  5 22
1963 0125 04 1010010101110 5 22
1964 0213 00 101001010111  5 22
1965 0202 00 010100100110  5 22
1966 0121 03 1110100100110 5 22
1967 0209 00 110110010101  5 22
1968 0130 07 0101101010101 5 22
1969 0217 00 010101101010  5 22
1970 0206 00 100101101101  5 22
1971 0127 05 0100101011101 5 22
1972 0215 00 010010101101  5 22
1973 0203 00 101001001101  5 22
1974 0123 04 1101001001101 5 22
1975 0211 00 110100100101  5 22
1976 0131 08 1101010100101 4 22
1977 0218 00 101101010100  5 22
1978 0207 00 101101101010  5 22
1979 0128 06 1001011011010 5 22
1980 0216 00 100101011011  4 22
1981 0205 00 010010011011  5 22
1982 0125 04 1010010010111 5 22
1983 0213 00 101001001011  5 22
1984 0202 10 1011001001011 4 22
1985 0220 00 011010100101  5 22
1986 0209 00 011011010100  5 22
1987 0129 06 1010110110100 5 22
1988 0217 00 101010110110  4 21
1989 0206 00 100101010111  5 22
1990 0127 05 0100100101111 5 22
1991 0215 00 010010010111  5 22
1992 0204 00 011001001011  4 21
1993 0123 03 0110101001010 5 22
1994 0210 00 111010100101  5 22
1995 0131 08 0110101100101 5 22
1996 0219 00 010110101100  4 21
1997 0207 00 101010110110  5 22
1998 0128 05 1001001101101 5 22
1999 0216 00 100100101110  5 22
2000 0205 00 110010010110  4 21
2001 0124 04 1101010010101 5 22
2002 0212 00 110101001010  5 22
2003 0201 00 110110100101  5 22
2004 0122 02 0101101010101 4 21
2005 0209 00 010101101010  5 22
2006 0129 07 1010101011011 5 22
2007 0218 00 001001011101  5 22
2008 0207 00 100100101101  4 21
2009 0126 05 1100100101011 4 22
2010 0214 00 101010010101  5 22
2011 0203 00 101101001010  5 22
2012 0123 04 1011010101010 4 21
2013 0210 00 101011010101  4 22
2014 0131 09 0101010110101 5 22
2015 0219 00 010010111010  5 22
2016 0208 00 101001011011  4 21
2017 0128 06 0101001010111 4 22
2018 0216 00 010100101011  5 22
2019 0205 00 101010010011  5 22
2020 0125 04 0111010010101 4 21
2021 0212 00 011010101010  4 21
2022 0201 00 101011010101  5 22
2023 0122 02 0100110110101 5 22
2024 0210 00 010010110110  4 21
2025 0129 06 1010010101110 4 21
2026 0217 00 101001001110  5 22
2027 0206 00 110100100110  5 22
2028 0126 05 1110100100110 4 21
2029 0213 00 110101010011  4 21
2030 0203 00 010110101010  5 22
2031 0123 03 0110101101010 5 22
2032 0211 00 100101101101  4 21
2033 0131 11 0100101011101 4 21
2034 0219 00 010010101101  5 22
2035 0208 00 101001001101  5 22
2036 0128 06 1101001001011 4 21
2037 0215 00 110100100101  4 21
2038 0204 00 110101010010  5 22
2039 0124 05 1101101010100 5 22
2040 0212 00 101101011010  4 21
2041 0201 00 010101101101  4 21
2042 0122 02 0100101011011 4 22
2043 0210 00 010010011011  5 22
2044 0130 07 1010010010111 4 21
2045 0217 00 101001001011  4 21
2046 0206 00 101010100101  4 22
2047 0126 05 1011010100101 5 22
2048 0214 00 011011010010  4 21
2049 0202 00 101011011010  4 21
2050 0123 03 0101010110110 4 22
2051 0211 00 100100110111  5 22
2052 0201 08 0100100101111 4 21
2053 0219 00 010010010111  4 21
2054 0208 00 011001001011  4 22
2055 0128 06 0110101001010 5 22
2056 0215 00 111010100101  4 21
2057 0204 00 011010101010  4 21
2058 0124 04 1010101101100 4 21
2059 0212 00 101010101110  5 22
2060 0202 00 100100101110  4 21
2061 0121 03 1100100101110 4 21
2062 0209 00 110010010110  4 21
2063 0129 07 1101010010101 5 22
2064 0217 00 110101001010  4 21
2065 0205 00 110110100101  4 21
2066 0126 05 0101101010101 4 21
2067 0214 00 010101101010  5 22
2068 0203 00 101001101101  4 21
2069 0123 04 0101001011101 4 21
2070 0211 00 010100101101  4 21
2071 0131 08 1010100101011 5 22
2072 0219 00 101010010101  4 21
2073 0207 00 101101001010  4 21
2074 0127 06 1011010101010 4 21
2075 0215 00 101011010101  4 22
2076 0205 00 010101011010  4 21
2077 0124 04 1010010111010 4 21
2078 0212 00 101001011011  4 21
2079 0202 00 010100101011  4 22
2080 0122 03 1010100100111 4 21
2081 0209 00 011010010011  4 21
2082 0129 07 0111001010011 4 21
2083 0217 00 011010101010  4 22
2084 0206 00 101011010101  4 21
2085 0126 05 0100110110101 4 21
2086 0214 00 010010110110  4 21
2087 0203 00 101001010111  4 22
2088 0124 04 0101001001110 4 21
2089 0210 00 110100010110  4 21
2090 0130 08 1110100100110 4 21
2091 0218 00 110101010010  4 21
2092 0207 00 110110101010  4 21
2093 0127 06 0110101101010 4 21
2094 0215 00 010101101101  4 21
2095 0205 00 010010101110  4 21
2096 0125 04 1010010011101 4 21
2097 0212 00 101000101101  4 21
2098 0201 00 110100010101  4 21
2099 0121 02 1101100100101 4 21
2100 0209 00 110101010010  5 22
"""


@dataclass(frozen=True, slots=True, order=True)
class LunarDate:
    """A day of the lunar calendar.

    Parameters
    ----------
    year : int
        The lunar year, numbered as the civil year in which it begins.
    month : int
        1 to 12; a leap month bears the number of the month before it.
    is_leap : bool
        Whether the month is a leap month.
    day : int
        1 to 29 or 30.
    """

    year: int
    month: int
    is_leap: bool
    day: int

    def __post_init__(self) -> None:
        require_between("lunar month", self.month, 1, _MONTHS)
        require_between("day of a lunar month", self.day, 1, _LONG)


@dataclass(frozen=True, slots=True)
class _Month:
    first: date
    year: int
    number: int
    is_leap: bool
    length: int


def lunar_date_of(day: date) -> LunarDate:
    """Return the lunar date of a day.

    Raises
    ------
    InvalidValue
        If the day is outside the years 1950 to 2100.

    References
    ----------
    .. [1] GB/T 33661-2017, Calculation and promulgation of the Chinese calendar, section 4.
    """
    _require_year(day.year)
    months = _months()
    month = months[bisect_right(months, day, key=lambda each: each.first) - 1]
    return LunarDate(month.year, month.number, month.is_leap, (day - month.first).days + 1)


def solar_date_of(given: LunarDate) -> date:
    """Return the civil day of a lunar date.

    Raises
    ------
    InvalidValue
        If that lunar year has no such month, the month no such day, or the year is outside 1949 to 2100.
    """
    month = _by_name().get((given.year, given.month, given.is_leap))
    if month is None or given.day > month.length:
        what = f"{given.year}, {'leap ' if given.is_leap else ''}month {given.month}, day {given.day}"
        raise InvalidValue("lunar date", what, "a day that this lunar year has, from 1949 to 2100")
    return month.first + timedelta(days=given.day - 1)


def qingming(year: int) -> date:
    """Return the day of Qingming (apparent solar longitude 15 deg); raise `InvalidValue` outside 1950 to 2100."""
    _require_year(year)
    return date(year, 4, _terms()[year][0])


def winter_solstice(year: int) -> date:
    """Return the day of the winter solstice (270 deg); raise `InvalidValue` outside 1950 to 2100."""
    _require_year(year)
    return date(year, 12, _terms()[year][1])


def _require_year(year: int) -> None:
    require_between("year of the lunar calendar", year, FIRST_YEAR, LAST_YEAR)


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split()) for line in _TABLE.split("\n") if line)


@cache
def _terms() -> dict[int, tuple[int, int]]:
    return {int(row[0]): (int(row[4]), int(row[5])) for row in _rows()}


@cache
def _months() -> tuple[_Month, ...]:
    months: list[_Month] = []
    for year, begins, leap, lengths, *_ in _rows():
        first = date(int(year), int(begins[:2]), int(begins[2:]))
        for place, long in enumerate(lengths):
            is_leap = int(leap) > 0 and place == int(leap)
            number = place + 1 if int(leap) == 0 or place < int(leap) else place
            month = _Month(first, int(year), number, is_leap, _LONG if long == "1" else _SHORT)
            months.append(month)
            first += timedelta(days=month.length)
    return tuple(months)


@cache
def _by_name() -> dict[tuple[int, int, bool], _Month]:
    return {(month.year, month.number, month.is_leap): month for month in _months()}
