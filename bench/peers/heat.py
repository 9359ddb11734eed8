"""Explicit heat equation on an N × N periodic grid with NumPy slices and mpi4py, decomposed by rows.

The method, the start, the arguments and the cases are those of heat.c. Sums are made in place: NumPy's
temporaries would otherwise cost more than its arithmetic.
Usage: heat.py [N ...]   (default 512)
"""

import sys

import numpy as np

from peer import comm, fail, print_result, seconds_each

R = 0.1  # stable below 0.25; the speed does not depend on it
# Seconds for all sizes together: below 3 s with start-up and warm-up.
BUDGET = 2.0


class Heat:
    """This rank's rows of the grid, with a halo of one cell all round."""

    def __init__(self, n):
        first, end = n * comm.rank // comm.size, n * (comm.rank + 1) // comm.size
        self.up, self.down = (comm.rank - 1) % comm.size, (comm.rank + 1) % comm.size
        self.u = np.zeros((end - first + 2, n + 2))
        self.next = np.zeros_like(self.u)
        i, j = np.ogrid[first:end, 0:n]
        self.u[1:-1, 1:-1] = ((37 * i + 91 * j) % 101) / 101

    def exchange(self):
        u = self.u
        u[1:-1, 0], u[1:-1, -1] = u[1:-1, -2], u[1:-1, 1]
        comm.Sendrecv(u[1], self.up, 0, u[-1], self.down, 0)
        comm.Sendrecv(u[-2], self.down, 1, u[0], self.up, 1)

    def cycles(self, times):
        for _ in range(times):
            self.exchange()
            u, new = self.u, self.next[1:-1, 1:-1]
            np.add(u[:-2, 1:-1], u[2:, 1:-1], out=new)
            new += u[1:-1, :-2]
            new += u[1:-1, 2:]
            new *= R
            # next = R·(sum of neighbours) + (1 − 4 R)·u, through the old array, which is scratch from here on.
            u *= 1 - 4 * R
            new += u[1:-1, 1:-1]
            self.u, self.next = self.next, self.u

    def total(self, power):
        """Sum of u^power over all ranks."""
        return comm.allreduce(float((self.u[1:-1, 1:-1] ** power).sum()))


def measure(n, budget):
    heat = Heat(n)
    before = heat.total(1)
    heat.cycles(10)
    print_result(f"heat {n}x{n} sum of u^2 after 10 cycles", heat.total(2), "1")
    each = seconds_each(heat.cycles, 100000, budget)  # 100000: no limit but the budget
    if not abs(heat.total(1) / before - 1) < 1e-9:  # round-off stays far below
        fail("heat: the heat is not conserved")
    print_result(f"heat {n}x{n}", n * n / each / 1e6, "Mcell/s")


sizes = [int(text) for text in sys.argv[1:]] or [512]
for size in sizes:
    if size < 2 or size < comm.size:
        fail("heat: N must be at least 2, and a row for every rank")
    measure(size, BUDGET / len(sizes))
