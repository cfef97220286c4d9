"""The period at which a sensor sends, from the time between its rows.

A key remembers at most `MODES` lengths of time that its rows lie apart, each with how often it
was seen. The period is the greatest length of which those that cover 95 % are whole multiples,
up to the jitter of the clock.
"""

from collections.abc import Sequence
from math import inf, isnan, nan

import numpy as np
from numpy.typing import NDArray

from amml_progress._shared.by_key import Places, rounds
from amml_runtime.packing import Floats

MODES = 8
COVER = 0.95
JITTER = 0.1  # lengths that differ by less, as a part of the one, are one mode
_REST = 0.2  # a length is a multiple of another if it is less than this part of it away from one
_MANY = 256.0  # differences that are remembered: with more, all counts are halved
_OFTEN = 16  # from so many on, the period is found anew with every so many

# The newest time, how many differences were seen, how many are in the modes, the period;
# then the modes: length and count.
FRESH = [nan, 0.0, 0.0, nan] + [0.0, 0.0] * MODES


def learn_all(memories: Floats, groups: Places, times: Floats) -> tuple[Floats, Floats]:
    """Take in the times of rows; the period and the differences seen after each of them.

    Parameters:
        memories: of each group, a row as `FRESH`; changed in place.
        groups: the number of each row's group.
    """
    periods, seen = np.empty(len(times)), np.empty(len(times))
    if len(times) > 4 * len(memories):  # long runs of a key: NumPy would take them row by row
        plain = memories.tolist()
        for row, (group, time) in enumerate(zip(groups.tolist(), times.tolist(), strict=True)):
            learn(plain[group], time)
            periods[row], seen[row] = plain[group][3], plain[group][1]
        memories[:] = plain
        return periods, seen
    for rows in rounds(groups):
        members = groups[rows]
        quick = _settled(memories, members, times[rows])
        for member, time in zip(
            members[~quick].tolist(), times[rows[~quick]].tolist(), strict=True
        ):
            memory = memories[member].tolist()
            learn(memory, time)
            memories[member] = memory
        periods[rows], seen[rows] = memories[members, 3], memories[members, 1]
    return periods, seen


def _settled(memories: Floats, members: Places, times: Floats) -> NDArray[np.bool_]:
    """Take in, for many keys at once, times that are as expected and change no period; which."""
    newest, seen, total, _, centre, count = memories[members, :6].T
    length = times - newest
    near = (count > 0) & (np.abs(length - centre) <= JITTER * centre)
    finds_anew = (seen + 1 < _OFTEN) | ((seen + 1) % _OFTEN == 0) | (total + 1 >= _MANY)
    quick = near & (length > 0) & ~finds_anew
    who = members[quick]
    memories[who, 0] = times[quick]
    memories[who, 4] += ((length - centre) / (count + 1))[quick]
    memories[who[:, None], [1, 2, 5]] += 1
    return quick


def learn(memory: list[float], time: float) -> None:
    """Take in the time of a key's next row, in microseconds; one not after the newest is left out.

    >>> memory = list(FRESH)
    >>> for minute in (0, 1, 2, 4, 3, 5, 8):
    ...     learn(memory, minute * 60e6)
    >>> memory[3]
    60000000.0
    """
    newest = memory[0]
    if time <= newest:
        return
    memory[0] = time
    if isnan(newest):
        return
    _count(memory, time - newest)
    memory[1] += 1
    memory[2] += 1
    if memory[1] < _OFTEN or memory[1] % _OFTEN == 0:
        memory[3] = _period(memory)
    if memory[2] >= _MANY:
        for at in range(5, len(memory), 2):
            memory[at] /= 2
        memory[2] /= 2


def _count(memory: list[float], length: float) -> None:
    """Put a difference to the mode it is near; if there is none, in the place of the rarest."""
    rarest, least = 0, inf
    for at in range(4, len(memory), 2):
        centre, count = memory[at], memory[at + 1]
        if count and abs(length - centre) <= JITTER * centre:
            memory[at] += (length - centre) / (count + 1)
            memory[at + 1] += 1
            return
        if count < least:
            rarest, least = at, count
    memory[2] -= memory[rarest + 1]
    memory[rarest], memory[rarest + 1] = length, 1.0


def _period(memory: Sequence[float]) -> float:
    """The common divisor of the most frequent modes, in whole microseconds."""
    modes = sorted(zip(memory[5::2], memory[4::2], strict=True), reverse=True)
    chosen: list[tuple[float, float]] = []
    covered = 0.0
    for count, centre in modes:
        if covered >= COVER * memory[2] or not count:
            break
        chosen.append((count, centre))
        covered += count
    divisor = chosen[0][1]
    for _, centre in chosen[1:]:
        divisor = divided(divisor, centre)
    # Longer lengths tell it more exactly: all of them together, over the periods they span.
    spans = sum(count * round(centre / divisor) for count, centre in chosen)
    return float(round(sum(count * centre for count, centre in chosen) / spans))


def divided(one: float, other: float) -> float:
    """The greatest length of which both are multiples, nearly: Euclid's algorithm with rounding.

    >>> divided(3600.0, 7210.0), divided(600.4, 899.5), divided(60.0, 55.0)
    (3600.0, 299.1, 60.0)
    """
    least = _REST * min(one, other)
    while other > least:
        if 2 * other <= one:
            one, other = other, one
        one, other = one, abs(other - round(other / one) * one)
    return one
