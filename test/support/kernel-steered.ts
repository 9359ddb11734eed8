/** The run of test/programs/kernel/steered.ts as one loop over whole arrays. */
export interface SteeredRun {
  cycles: number;
  u: number[];
  history: { cycle: number; measures: Record<string, number>; control: Record<string, number> }[];
  control: Record<string, number>;
  reduced: Record<string, number>;
  written: number[][];
}

export interface SteeredOptions {
  cells: number;
  lag: number;
  measureEvery: number;
  cycles?: number;
  end?: number;
}

const total = (state: readonly number[]): number => state.reduce((a, b) => a + b, 0);
const known = (x: number): number => (Number.isNaN(x) ? 0 : x);

export function steeredRun({
  cells,
  lag,
  measureEvery,
  cycles = Number.POSITIVE_INFINITY,
  end,
}: SteeredOptions): SteeredRun {
  let u = Array.from({ length: cells }, (_, i) => (i * i) % 997);
  let control = { time: 0, step: 0 };
  let reduced = { first: Number.NaN, largest: Number.NaN, after: Number.NaN };
  const totals: number[] = [];
  const history: SteeredRun['history'] = [];
  const written: number[][] = [];
  for (let cycle = 0; ; cycle++) {
    totals.push(total(u));
    const seen = control.time + known(reduced.after);
    const due = cycle < lag ? -1 : Math.floor((cycle - lag) / measureEvery) * measureEvery;
    const step = (3 * control.step + (due < 0 ? 0 : totals[due]) + due + cycle) % 101;
    const time = control.time + control.step;
    control = { time, step: end === undefined ? step : Math.min(step, end - time) };
    if (cycle % measureEvery === 0)
      history.push({ cycle, measures: { total: totals[cycle], seen }, control });
    if (cycle % 4 === 0) written.push([cycle, ...u]);
    if (cycle === cycles || (end !== undefined && time >= end))
      return { cycles: cycle, u, history, control, reduced, written };
    let v = u.map(
      (x, i) => (5 * x + u[(i + cells - 1) % cells] + i + control.step + known(reduced.after)) % 997,
    );
    reduced = { ...reduced, first: total(v), largest: Math.max(...v) };
    v = v.map(
      (x) => (x + reduced.first + reduced.largest + known(reduced.after) + (due < 0 ? 0 : totals[due])) % 997,
    );
    u = v.map((x) => (x + reduced.first) % 997);
    reduced = { ...reduced, after: total(u) };
  }
}
