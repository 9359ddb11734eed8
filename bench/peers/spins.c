/* Landau–Lifshitz–Gilbert dynamics of unit spins on an N × N periodic square lattice, classical Runge–Kutta:
 *   H = −J Σ S_i·S_j − Σ D_ij·(S_i × S_j) − K Σ (S_i·ẑ)² − µ Σ B·S_i,   each bond once, D_ij = D ẑ × r̂_ij,
 *   dS/dt = −γ/(1+α²) [S×b + α S×(S×b)],   b_i = −(1/µ) ∂H/∂S_i,
 * with x along a row and y across rows, spins renormalised after each step, in units where µ = γ = 1.
 * A vector field is three separate arrays; rows are cut over the ranks; every stage of every step exchanges
 * one row of the three components with either neighbour, packed into one MPI_Sendrecv a direction.
 * Usage: spins [N ...]   (default 512). Prints Mspin/s, where one unit is one spin advanced one whole step
 * of four stages, and the mean of S_z after 10 steps to compare results. */
#include "peer.h"
#include <math.h>
#include <string.h>

/* A chiral magnet in a small field; the speed does not depend on them. */
static const double J = 1, D = 0.3, K = 0.1, B = 0.05, ALPHA = 0.1;
/* Far inside the stability of the fastest spin wave, whose frequency is about 8 J. */
static const double DT = 0.02;
/* Seconds for all sizes together: below 3 s with start-up and warm-up. */
static const double BUDGET = 2.0;
/* One line of doubles before the first spin, so that rows begin on a 64-byte boundary behind their halo. */
enum { PAD = 8 };

typedef struct {
  double *x, *y, *z;
} field;

typedef struct {
  int n, rows, first, up, down;
  size_t stride;
  field m, a, b, sum; /* the state, two alternating stages, and the weighted sum of slopes */
  double *send, *receive;
} lattice;

static size_t row_at(const lattice *g, int i) { return (size_t)(i + 1) * g->stride + PAD; }

static void swap_rows(const lattice *g, field f, int from, int to, int toward, int source, int tag) {
  double *component[3] = {f.x, f.y, f.z};
  const size_t n = (size_t)g->n;
  for (int c = 0; c < 3; c++) memcpy(g->send + c * n, component[c] + row_at(g, from), n * sizeof(double));
  MPI_Sendrecv(g->send, 3 * g->n, MPI_DOUBLE, toward, tag, g->receive, 3 * g->n, MPI_DOUBLE, source, tag,
               MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  for (int c = 0; c < 3; c++) memcpy(component[c] + row_at(g, to), g->receive + c * n, n * sizeof(double));
}

/* Fills the halo of f: rows from the neighbours, columns from the other end of each row. */
static void exchange(const lattice *g, field f) {
  swap_rows(g, f, 0, g->rows, g->up, g->down, 0);
  swap_rows(g, f, g->rows - 1, -1, g->down, g->up, 1);
  double *component[3] = {f.x, f.y, f.z};
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < g->rows; i++) {
      double *row = component[c] + row_at(g, i);
      row[-1] = row[g->n - 1];
      row[g->n] = row[0];
    }
}

/* One row of one stage. With k the slope at s: sum ← base + weight·k, and stage ← m + step·k.
 * The last stage instead normalises base + weight·k into m; `last` is constant at each call, so that the
 * compiler makes two loops of it. */
static inline void stage_row(int n, int last, double step, double weight, const field s, const field south,
                             const field north, const field base, const field sum, const field m, const field stage) {
  const double rate = -1 / (1 + ALPHA * ALPHA);
/* The rows written are no row that is read at another index: the stage read and the stage written differ. */
#pragma GCC ivdep
  for (int j = 0; j < n; j++) {
    const double sx = s.x[j], sy = s.y[j], sz = s.z[j];
    /* The field of exchange; of D, from S_j × D_ij summed over the four bonds; of anisotropy; and B. */
    const double bx = J * (s.x[j - 1] + s.x[j + 1] + south.x[j] + north.x[j]) - D * (s.z[j + 1] - s.z[j - 1]);
    const double by = J * (s.y[j - 1] + s.y[j + 1] + south.y[j] + north.y[j]) - D * (north.z[j] - south.z[j]);
    const double bz = J * (s.z[j - 1] + s.z[j + 1] + south.z[j] + north.z[j]) +
                      D * (s.x[j + 1] - s.x[j - 1] + north.y[j] - south.y[j]) + 2 * K * sz + B;
    const double cx = sy * bz - sz * by, cy = sz * bx - sx * bz, cz = sx * by - sy * bx;
    const double kx = rate * (cx + ALPHA * (sy * cz - sz * cy));
    const double ky = rate * (cy + ALPHA * (sz * cx - sx * cz));
    const double kz = rate * (cz + ALPHA * (sx * cy - sy * cx));
    const double tx = base.x[j] + weight * kx, ty = base.y[j] + weight * ky, tz = base.z[j] + weight * kz;
    if (last) {
      const double scale = 1 / sqrt(tx * tx + ty * ty + tz * tz);
      m.x[j] = tx * scale;
      m.y[j] = ty * scale;
      m.z[j] = tz * scale;
    } else {
      sum.x[j] = tx;
      sum.y[j] = ty;
      sum.z[j] = tz;
      stage.x[j] = m.x[j] + step * kx;
      stage.y[j] = m.y[j] + step * ky;
      stage.z[j] = m.z[j] + step * kz;
    }
  }
}

static field row_of(const lattice *g, field f, int i) {
  const size_t at = row_at(g, i);
  return (field){f.x + at, f.y + at, f.z + at};
}

static void stage(const lattice *g, int last, field s, field base, double step, double weight, field out) {
  exchange(g, s);
  for (int i = 0; i < g->rows; i++) {
    const field here = row_of(g, s, i), south = row_of(g, s, i - 1), north = row_of(g, s, i + 1);
    const field from = row_of(g, base, i), sum = row_of(g, g->sum, i), m = row_of(g, g->m, i), to = row_of(g, out, i);
    if (last) stage_row(g->n, 1, step, weight, here, south, north, from, sum, m, to);
    else stage_row(g->n, 0, step, weight, here, south, north, from, sum, m, to);
  }
}

static void steps(void *context, int times) {
  const lattice *g = context;
  for (int t = 0; t < times; t++) {
    stage(g, 0, g->m, g->m, DT / 2, DT / 6, g->a);
    stage(g, 0, g->a, g->sum, DT / 2, DT / 3, g->b);
    stage(g, 0, g->b, g->sum, DT, DT / 3, g->a);
    stage(g, 1, g->a, g->sum, 0, DT / 6, g->b);
  }
}

static double *zeros(size_t count) {
  const size_t bytes = (count * sizeof(double) + 63) / 64 * 64;
  double *block = aligned_alloc(64, bytes);
  if (!block) fail("spins: out of memory");
  return memset(block, 0, bytes);
}

static field make_field(size_t count) { return (field){zeros(count), zeros(count), zeros(count)}; }

static void free_field(field f) {
  free(f.x);
  free(f.y);
  free(f.z);
}

static lattice make_lattice(int n, int rank, int size) {
  lattice g = {.n = n, .up = (rank + size - 1) % size, .down = (rank + 1) % size};
  g.first = (int)((long)n * rank / size);
  g.rows = (int)((long)n * (rank + 1) / size) - g.first;
  /* Whole lines, and a second pad so that rows of a power of two do not fall on the same cache sets. */
  g.stride = ((size_t)n + 7) / 8 * 8 + 2 * PAD;
  const size_t count = (size_t)(g.rows + 2) * g.stride;
  g.m = make_field(count);
  g.a = make_field(count);
  g.b = make_field(count);
  g.sum = make_field(count);
  g.send = zeros(3 * (size_t)n);
  g.receive = zeros(3 * (size_t)n);
  const double pi = acos(-1);
  for (int i = 0; i < g.rows; i++) {
    const field row = row_of(&g, g.m, i);
    for (int j = 0; j < n; j++) {
      const long y = g.first + i;
      const double theta = pi * ((37 * y + 91L * j) % 101) / 101, phi = 2 * pi * ((53 * y + 29L * j) % 97) / 97;
      row.x[j] = sin(theta) * cos(phi);
      row.y[j] = sin(theta) * sin(phi);
      row.z[j] = cos(theta);
    }
  }
  return g;
}

/* Mean of S_z over all spins; ends the run when a spin is no longer of unit length. */
static double mean_z(const lattice *g) {
  double mine = 0, all;
  for (int i = 0; i < g->rows; i++) {
    const field row = row_of(g, g->m, i);
    for (int j = 0; j < g->n; j++) {
      const double square = row.x[j] * row.x[j] + row.y[j] * row.y[j] + row.z[j] * row.z[j];
      if (!(fabs(square - 1) < 1e-12)) fail("spins: a spin lost its length");
      mine += row.z[j];
    }
  }
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all / ((double)g->n * g->n);
}

static void measure(int n, double budget, int rank, int size) {
  char name[64];
  lattice g = make_lattice(n, rank, size);
  steps(&g, 10);
  snprintf(name, sizeof name, "spins %dx%d mean z after 10 steps", n, n);
  print_result(name, mean_z(&g), "1");

  const double each = seconds_each(steps, &g, 100000, budget); /* 100000: no limit but the budget */
  mean_z(&g);
  snprintf(name, sizeof name, "spins %dx%d", n, n);
  print_result(name, (double)n * n / each / 1e6, "Mspin/s");
  free_field(g.m);
  free_field(g.a);
  free_field(g.b);
  free_field(g.sum);
  free(g.send);
  free(g.receive);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int sizes = argc > 1 ? argc - 1 : 1;
  for (int k = 0; k < sizes; k++) {
    const int n = argc > 1 ? atoi(argv[k + 1]) : 512;
    if (n < 2 || n < size) fail("spins: N must be at least 2, and a row for every rank");
    measure(n, BUDGET / sizes, rank, size);
  }
  MPI_Finalize();
  return 0;
}
