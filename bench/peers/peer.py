"""What the mpi4py peers share: a median over batches that fit a time budget, one line of output.

A program prints one JSON object a line, {"case", "value", "unit"}, from rank 0 alone.
"""

import json
import statistics
import sys

from mpi4py import MPI

comm = MPI.COMM_WORLD

# An odd number of batches has a middle one; 15 keep the median steady when a few batches are disturbed.
BATCHES = 15


def seconds_of(run, times):
    """Seconds that this rank needs for `run(times)`, started together. Collective."""
    comm.Barrier()
    start = MPI.Wtime()
    run(times)
    return MPI.Wtime() - start


def seconds_each(run, most, budget):
    """Median seconds of one operation over BATCHES batches, as rank 0 sees them. Collective.

    `run(times)` repeats the operation. A batch has at most `most` operations, and fewer when that many
    would take the case past `budget` seconds.
    """
    # Grow the warm-up until it lasts 1 % of the budget: the first calls open connections and touch pages,
    # and the last, longest trial is what the estimate rests on.
    times = 1
    while True:
        total = seconds_of(run, times)
        if comm.bcast(total > 0.01 * budget or times >= most):
            break
        times *= 2
    times = comm.bcast(max(1, min(most, int(budget / BATCHES / (total / times)))))
    return statistics.median(seconds_of(run, times) / times for _ in range(BATCHES))


def print_result(case, value, unit):
    """Rank 0 prints the line; Python writes a float with all its digits."""
    if comm.rank == 0:
        print(json.dumps({"case": case, "value": float(value), "unit": unit}, ensure_ascii=False), flush=True)


def fail(why):
    """Ends every rank with a message: a peer that cannot measure must not print a figure."""
    print(why, file=sys.stderr, flush=True)
    comm.Abort(2)
