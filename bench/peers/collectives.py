"""Collectives with mpi4py over any number of ranks: comm.Barrier, and comm.Allreduce(MAX) of one float64."""

import numpy as np
from mpi4py import MPI

from peer import comm, fail, print_result, seconds_each

# 20000 calls a batch are some 10 ms: long beside the clock's resolution.
CALLS = 20000
# Two cases of one second stay below 3 s with start-up and warm-up.
BUDGET = 1.0

value = np.array([comm.rank], dtype=np.float64)
greatest = np.empty(1)


def barriers(times):
    for _ in range(times):
        comm.Barrier()


def maxima(times):
    """Each call depends on the one before, as in collectives.c."""
    given, taken = value, greatest
    for _ in range(times):
        comm.Allreduce(given, taken, op=MPI.MAX)
        given, taken = taken, given


print_result("barrier", 1e6 * seconds_each(barriers, CALLS, BUDGET), "µs")
print_result("allreduce max 8 B", 1e6 * seconds_each(maxima, CALLS, BUDGET), "µs")
if greatest[0] != comm.size - 1:
    fail("collectives: the maximum is wrong")
