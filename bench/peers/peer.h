/* What the C peers share: a clock, a median, a batch length that fits a time budget, one line of output.
 * A program prints one JSON object a line, {"case", "value", "unit"}, from rank 0 alone. */
#ifndef PEER_H
#define PEER_H

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

/* An odd number of batches has a middle one; 15 keep the median steady when a few batches are disturbed. */
enum { BATCHES = 15 };

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *xs, int n) {
  qsort(xs, (size_t)n, sizeof *xs, ascending);
  return n % 2 ? xs[n / 2] : 0.5 * (xs[n / 2 - 1] + xs[n / 2]);
}

/* One operation of a case, repeated `times`; every rank runs it together. */
typedef void (*operation)(void *context, int times);

static double seconds_of(operation run, void *context, int times) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  run(context, times);
  return MPI_Wtime() - start;
}

/* Median seconds of one operation over BATCHES batches, as rank 0 sees them. A batch has at most `most`
 * operations, and fewer when that many would take the case past `budget` seconds. Collective. */
static double seconds_each(operation run, void *context, int most, double budget) {
  /* Grow the warm-up until it lasts 1 % of the budget: the first calls open connections and touch pages,
   * and the last, longest trial is what the estimate rests on. */
  int times = 1;
  double each = 0;
  for (;;) {
    each = seconds_of(run, context, times) / times;
    int enough = each * times > 0.01 * budget || times >= most;
    MPI_Bcast(&enough, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (enough) break;
    times *= 2;
  }
  const double fit = budget / BATCHES / each;
  times = fit < 1 ? 1 : fit > most ? most : (int)fit;
  MPI_Bcast(&times, 1, MPI_INT, 0, MPI_COMM_WORLD);

  double batch[BATCHES];
  for (int b = 0; b < BATCHES; b++) batch[b] = seconds_of(run, context, times) / times;
  return median(batch, BATCHES);
}

/* Rank 0 prints the line; 17 digits carry a double exactly. */
static void print_result(const char *name, double value, const char *unit) {
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) printf("{\"case\": \"%s\", \"value\": %.17g, \"unit\": \"%s\"}\n", name, value, unit);
}

/* Ends every rank with a message: a peer that cannot measure must not print a figure. */
static void fail(const char *why) {
  fprintf(stderr, "%s\n", why);
  MPI_Abort(MPI_COMM_WORLD, 2);
}

#endif
