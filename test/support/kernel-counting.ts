/** The states of test/programs/kernel/counting.ts: state c is what cycles 0 … c − 1 have made. */
export function countingStates(cells: number, cycles: number): number[][] {
  const states = [Array.from({ length: cells }, (_, i) => (i * i) % 997)];
  for (let c = 0; c < cycles; c++) {
    const u = states[c];
    states.push(u.map((x, i) => (5 * x + u[(i + cells - 1) % cells] + i) % 997));
  }
  return states;
}

export function total(state: readonly number[]): number {
  return state.reduce((a, b) => a + b, 0);
}
