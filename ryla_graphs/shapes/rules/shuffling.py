"""The Mersenne Twister as NumPy seeds and draws from it, so that a shuffled list has the order that it has on a server.

>>> Twister(42).permutation(5)
[1, 4, 2, 0, 3]
"""

from __future__ import annotations

_SIZE, _SHIFT = 624, 397
_WORD = 0xFFFFFFFF


class Twister:
    """A stream of numbers of 32 bits that depends on nothing but the seed."""

    def __init__(self, seed: int) -> None:
        self._words = [seed & _WORD]
        for index in range(1, _SIZE):
            before = self._words[-1]
            self._words.append((1812433253 * (before ^ (before >> 30)) + index) & _WORD)
        self._next = _SIZE

    def word(self) -> int:
        """The next number."""
        if self._next == _SIZE:
            self._twist()
        value = self._words[self._next]
        self._next += 1
        value ^= value >> 11
        value ^= (value << 7) & 0x9D2C5680
        value ^= (value << 15) & 0xEFC60000
        return value ^ (value >> 18)

    def _twist(self) -> None:
        words = self._words
        for index in range(_SIZE):
            both = (words[index] & 0x80000000) | (words[(index + 1) % _SIZE] & 0x7FFFFFFF)
            words[index] = words[(index + _SHIFT) % _SIZE] ^ (both >> 1) ^ (0x9908B0DF if both & 1 else 0)
        self._next = 0

    def up_to(self, most: int) -> int:
        """A number from 0 to `most`: words are cut to its number of bits, and discarded while they are too large."""
        if most == 0:
            return 0
        mask = (1 << most.bit_length()) - 1
        while (value := self.word() & mask) > most:
            pass
        return value

    def permutation(self, count: int) -> list[int]:
        """The numbers below `count`, shuffled."""
        order = list(range(count))
        for index in range(count - 1, 0, -1):
            other = self.up_to(index)
            order[index], order[other] = order[other], order[index]
        return order
