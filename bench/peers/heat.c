/* Explicit heat equation on an N × N periodic grid of doubles, 5-point, decomposed by rows:
 *   next[i][j] = u[i][j] + r·(u[i-1][j] + u[i+1][j] + u[i][j-1] + u[i][j+1] − 4·u[i][j]),   r = 0.1
 * from u[i][j] = ((37 i + 91 j) mod 101) / 101. Each cycle exchanges one row with either neighbour by
 * MPI_Sendrecv. Rows need no packing, and cost no more than a 2-D cut at the few ranks a peer runs on.
 * Usage: heat [N ...]   (default 512). Prints Mcell/s, and the sum of u² after 10 cycles to compare results. */
#include "peer.h"
#include <string.h>

static const double R = 0.1; /* stable below 0.25; the speed does not depend on it */
/* Seconds for all sizes together: below 3 s with start-up and warm-up. */
static const double BUDGET = 2.0;
/* One line of doubles before the first cell, so that rows begin on a 64-byte boundary behind their halo. */
enum { PAD = 8 };

typedef struct {
  int n, rows, first, up, down;
  size_t stride;
  double *u, *next;
} grid;

static double *row_of(const grid *g, double *field, int i) {
  return field + (size_t)(i + 1) * g->stride + PAD;
}

static void exchange(const grid *g) {
  const int n = g->n;
  MPI_Sendrecv(row_of(g, g->u, 0), n, MPI_DOUBLE, g->up, 0, row_of(g, g->u, g->rows), n, MPI_DOUBLE, g->down,
               0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Sendrecv(row_of(g, g->u, g->rows - 1), n, MPI_DOUBLE, g->down, 1, row_of(g, g->u, -1), n, MPI_DOUBLE,
               g->up, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void update_row(int n, const double *restrict above, double *restrict row, const double *restrict below,
                       double *restrict next) {
  row[-1] = row[n - 1];
  row[n] = row[0];
  for (int j = 0; j < n; j++)
    next[j] = row[j] + R * (above[j] + below[j] + row[j - 1] + row[j + 1] - 4 * row[j]);
}

static void cycles(void *context, int times) {
  grid *g = context;
  for (int c = 0; c < times; c++) {
    exchange(g);
    for (int i = 0; i < g->rows; i++)
      update_row(g->n, row_of(g, g->u, i - 1), row_of(g, g->u, i), row_of(g, g->u, i + 1), row_of(g, g->next, i));
    double *swap = g->u;
    g->u = g->next;
    g->next = swap;
  }
}

/* Sum of u^power over all ranks. */
static double total(const grid *g, int power) {
  double mine = 0, all;
  for (int i = 0; i < g->rows; i++) {
    const double *row = row_of(g, g->u, i);
    for (int j = 0; j < g->n; j++) mine += power == 2 ? row[j] * row[j] : row[j];
  }
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

static grid make_grid(int n, int rank, int size) {
  grid g = {.n = n, .up = (rank + size - 1) % size, .down = (rank + 1) % size};
  g.first = (int)((long)n * rank / size);
  g.rows = (int)((long)n * (rank + 1) / size) - g.first;
  /* Whole lines, and a second pad so that rows of a power of two do not fall on the same cache sets. */
  g.stride = ((size_t)n + 7) / 8 * 8 + 2 * PAD;
  const size_t bytes = (size_t)(g.rows + 2) * g.stride * sizeof(double);
  g.u = aligned_alloc(64, bytes);
  g.next = aligned_alloc(64, bytes);
  if (!g.u || !g.next) fail("heat: out of memory");
  memset(g.u, 0, bytes);
  memset(g.next, 0, bytes);
  for (int i = 0; i < g.rows; i++)
    for (int j = 0; j < n; j++) row_of(&g, g.u, i)[j] = (((long)(g.first + i) * 37 + (long)j * 91) % 101) / 101.0;
  return g;
}

static void measure(int n, double budget, int rank, int size) {
  char name[64];
  grid g = make_grid(n, rank, size);
  const double heat = total(&g, 1);
  cycles(&g, 10);
  snprintf(name, sizeof name, "heat %dx%d sum of u^2 after 10 cycles", n, n);
  print_result(name, total(&g, 2), "1");

  const double each = seconds_each(cycles, &g, 100000, budget); /* 100000: no limit but the budget */
  const double drift = total(&g, 1) / heat - 1;
  if (!(drift > -1e-9 && drift < 1e-9)) fail("heat: the heat is not conserved"); /* round-off stays far below */
  snprintf(name, sizeof name, "heat %dx%d", n, n);
  print_result(name, (double)n * n / each / 1e6, "Mcell/s");
  free(g.u);
  free(g.next);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int sizes = argc > 1 ? argc - 1 : 1;
  for (int k = 0; k < sizes; k++) {
    const int n = argc > 1 ? atoi(argv[k + 1]) : 512;
    if (n < 2 || n < size) fail("heat: N must be at least 2, and a row for every rank");
    measure(n, BUDGET / sizes, rank, size);
  }
  MPI_Finalize();
  return 0;
}
