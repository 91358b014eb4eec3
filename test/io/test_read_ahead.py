import threading

import pytest

from utrack_ros.core.errors import SourceError
from utrack_ros.io.read_ahead import ReadAhead


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_items_come_in_order_and_the_thread_ends(wait_until):
    assert list(ReadAhead(range(100), 3)) == list(range(100))
    wait_until(lambda: not readers())


def test_reads_no_further_ahead_than_told(wait_until):
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield number

    ahead = ReadAhead(source(), 4)
    wait_until(lambda: len(taken) == 5)  # four that are ready, one that waits for a place
    assert next(ahead) == 0
    wait_until(lambda: len(taken) == 6)
    ahead.close()
    assert not readers()
    assert len(taken) <= 7


def test_error_comes_after_the_good_items():
    def source():
        yield 1
        yield 2
        raise SourceError("a whole file", "half of one")

    ahead = ReadAhead(source(), 8)
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(SourceError, match="half of one"):
        next(ahead)
    with pytest.raises(StopIteration):
        next(ahead)


def test_closing_ends_a_reader_that_never_stops():
    def endless():
        while True:
            yield 0

    ahead = ReadAhead(endless(), 2)
    ahead.close()
    assert not readers()
    with pytest.raises(StopIteration):
        next(ahead)
