/* Point to point between two ranks: half a round trip of MPI_Send and MPI_Recv at 8 B, 1 KiB and 64 KiB,
 * and the bandwidth that half a round trip of 1 MiB amounts to.
 * Each rank sends and receives in one buffer, so payloads stay in cache as far as they fit. */
#include "peer.h"
#include <string.h>

/* 20000 round trips a batch are some milliseconds at 8 B: long beside the clock's resolution. */
enum { ROUND_TRIPS = 20000 };
/* Four cases of half a second stay below 3 s with start-up and warm-up. */
static const double BUDGET = 0.5;

typedef struct {
  char *buffer;
  int bytes, rank;
} pingpong;

static void round_trips(void *context, int times) {
  const pingpong *p = context;
  const int other = 1 - p->rank;
  for (int i = 0; i < times; i++) {
    if (p->rank == 0) {
      MPI_Send(p->buffer, p->bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD);
      MPI_Recv(p->buffer, p->bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else {
      MPI_Recv(p->buffer, p->bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(p->buffer, p->bytes, MPI_BYTE, other, 0, MPI_COMM_WORLD);
    }
  }
}

static double half_round_trip(pingpong *p, int bytes) {
  p->bytes = bytes;
  return 0.5 * seconds_each(round_trips, p, ROUND_TRIPS, BUDGET);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int size;
  pingpong p;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &p.rank);
  if (size != 2) fail("latency: wants exactly 2 ranks");

  const int mebibyte = 1 << 20;
  p.buffer = aligned_alloc(64, (size_t)mebibyte); /* 64: one cache line, as any MPI program would align */
  if (!p.buffer) fail("latency: out of memory");
  memset(p.buffer, 1, (size_t)mebibyte);

  print_result("latency 8 B", 1e6 * half_round_trip(&p, 8), "µs");
  print_result("latency 1 KiB", 1e6 * half_round_trip(&p, 1 << 10), "µs");
  print_result("latency 64 KiB", 1e6 * half_round_trip(&p, 64 << 10), "µs");
  print_result("bandwidth 1 MiB", mebibyte / half_round_trip(&p, mebibyte) / 1e9, "GB/s");

  free(p.buffer);
  MPI_Finalize();
  return 0;
}
