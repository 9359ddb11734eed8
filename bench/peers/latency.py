"""Point to point between two ranks with mpi4py: half a round trip of comm.Send and comm.Recv of NumPy arrays.

8 B, 1 KiB and 64 KiB, and the bandwidth that half a round trip of 1 MiB amounts to: the cases of latency.c.
"""

import numpy as np

from peer import comm, fail, print_result, seconds_each

# 20000 round trips a batch are some 20 ms at 8 B: long beside the clock's resolution.
ROUND_TRIPS = 20000
# Four cases of half a second stay below 3 s with start-up and warm-up.
BUDGET = 0.5
MEBIBYTE = 1 << 20


def half_round_trip(size):
    """Seconds of half a round trip of `size` bytes, a multiple of 8, between ranks 0 and 1."""
    buffer = np.ones(size // 8, dtype=np.float64)
    other = 1 - comm.rank
    send, receive = comm.Send, comm.Recv

    def first(times):
        for _ in range(times):
            send(buffer, other)
            receive(buffer, other)

    def second(times):
        for _ in range(times):
            receive(buffer, other)
            send(buffer, other)

    return 0.5 * seconds_each(first if comm.rank == 0 else second, ROUND_TRIPS, BUDGET)


if comm.size != 2:
    fail("latency: wants exactly 2 ranks")
print_result("latency 8 B", 1e6 * half_round_trip(8), "µs")
print_result("latency 1 KiB", 1e6 * half_round_trip(1 << 10), "µs")
print_result("latency 64 KiB", 1e6 * half_round_trip(64 << 10), "µs")
print_result("bandwidth 1 MiB", MEBIBYTE / half_round_trip(MEBIBYTE) / 1e9, "GB/s")
