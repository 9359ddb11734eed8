/* Collectives over any number of ranks: MPI_Barrier, and MPI_Allreduce(MAX) of one double, µs a call. */
#include "peer.h"

/* 20000 calls a batch are some milliseconds at 0.15 µs: long beside the clock's resolution. */
enum { CALLS = 20000 };
/* Two cases of one second stay below 3 s with start-up and warm-up. */
static const double BUDGET = 1.0;

static void barriers(void *context, int times) {
  (void)context;
  for (int i = 0; i < times; i++) MPI_Barrier(MPI_COMM_WORLD);
}

/* Each call depends on the one before, so that none can be left out. */
static void maxima(void *context, int times) {
  double *value = context, greatest;
  for (int i = 0; i < times; i++) {
    MPI_Allreduce(value, &greatest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    *value = greatest;
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);

  double value = rank;
  print_result("barrier", 1e6 * seconds_each(barriers, NULL, CALLS, BUDGET), "µs");
  print_result("allreduce max 8 B", 1e6 * seconds_each(maxima, &value, CALLS, BUDGET), "µs");
  if (value != size - 1) fail("collectives: the maximum is wrong");

  MPI_Finalize();
  return 0;
}
