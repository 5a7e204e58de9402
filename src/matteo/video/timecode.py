"""Time codes: HH:MM:SS:FF, with a semicolon before the frames where numbers are dropped (29.97 and 59.94)."""

from __future__ import annotations

import re
from fractions import Fraction

from matteo.errors import UsageError

_CODE = re.compile(r"(\d+):(\d{1,2}):(\d{1,2})(?:([:;])(\d{1,2})|(\.\d+))?")
_FORMS = "give seconds (12.5), minutes (1:30), 0:01:30.5, or a time code with frames, 00:01:30:12"


def seconds_of(text: str, rate: Fraction) -> Fraction:
    """The time from the beginning that a text says: seconds, MM:SS, HH:MM:SS, or with frames HH:MM:SS:FF of `rate`
    pictures a second. UsageError for anything else."""
    try:
        if ":" not in text:
            value = Fraction(text)
        elif text.count(":") == 1:
            minutes, rest = text.split(":")
            value = int(minutes) * 60 + Fraction(rest)
        elif (match := _CODE.fullmatch(text)) is not None:
            if match[5]:
                value = frames_of(text, rate) / rate
            else:
                value = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]) + Fraction(match[6] or 0)
        else:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text!r} is no time: {_FORMS}") from None
    if value < 0:
        raise UsageError(f"{text!r} is before the film's beginning: {_FORMS}")
    return value


def moment_of(text: str, rate: Fraction, begin: str | None, length: Fraction | None) -> Fraction:
    """As `seconds_of`, for a film whose first frame has the time code `begin`: a time code with frames that lies within
    the film is the film's own; any other time is counted from its beginning. length: of the film, in seconds."""
    try:
        own = (frames_of(text.strip(), rate) - frames_of(begin or "", rate)) / rate
    except ValueError:
        return seconds_of(text, rate)
    return own if own >= 0 and (length is None or own <= length) else seconds_of(text, rate)


def frames_of(code: str, rate: Fraction) -> int:
    """The number of the frame that a time code with frames names, counted from 00:00:00:00. ValueError for others."""
    match = _CODE.fullmatch(code)
    if match is None or match[5] is None:
        raise ValueError(code)
    hours, minutes, seconds, frames = (int(match[n]) for n in (1, 2, 3, 5))
    whole = round(rate)
    count = ((hours * 60 + minutes) * 60 + seconds) * whole + frames
    if match[4] == ";":  # SMPTE 12M: the first numbers of each minute are left out, but for every tenth
        dropped, all_minutes = _dropped(whole), hours * 60 + minutes
        count -= dropped * (all_minutes - all_minutes // 10)
    return count


def later(code: str, seconds: Fraction, rate: Fraction) -> str:
    """The time code so many seconds after another; the same text where it is not understood."""
    try:
        count = frames_of(code, rate) + round(seconds * rate)
    except ValueError:
        return code
    whole, mark = round(rate), ";" if ";" in code else ":"
    if mark == ";":
        dropped = _dropped(whole)
        minute, ten = whole * 60 - dropped, whole * 600 - 9 * dropped
        tens, rest = divmod(count, ten)
        count += 9 * dropped * tens + (dropped * ((rest - dropped) // minute) if rest >= dropped else 0)
    seconds_whole, frames = divmod(count, whole)
    return f"{seconds_whole // 3600 % 24:02d}:{seconds_whole // 60 % 60:02d}:{seconds_whole % 60:02d}{mark}{frames:02d}"


def _dropped(whole: int) -> int:
    return whole // 15  # 2 of 30, 4 of 60
