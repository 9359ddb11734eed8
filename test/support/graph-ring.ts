/** The states of test/programs/kernel/graph/ring.ts: one loop over the whole ring. */
export function ringStates(cells: number, cycles: number): number[][] {
  const first = Array.from({ length: cells + 2 }, (_, i) => (i - 1) ** 2 % 997);
  const states = [first.slice(1, -1)];
  for (let c = 0; c < cycles; c++) {
    const u = states[c]!;
    states.push(u.map((x, i) => (5 * x + u[(i + cells - 1) % cells]! + 3 * u[(i + 1) % cells]! + i) % 997));
  }
  return states;
}
