/**
 * Heat where the conductivity is the temperature itself: ∂u/∂t = ∇·(u∇u) = ½Δ(u²), from t = 1 to t = 4.
 *
 *   npx haloweave run examples/heat-adaptive.ts -n 4 --hash
 *   npx haloweave run examples/heat-adaptive.ts -- --n 64 --until 2
 *
 * An explicit step is stable up to h²/(4 max u), and the peak sinks as 2/√t: a maximum over all cells, taken
 * while the next cycle already runs, sets the step of every cycle, and the last step ends exactly at the time
 * asked for. The solution is Barenblatt's, u = 2(1 − r²/(16√t))₊/√t, a spot with a sharp edge.
 *
 * Expected: 1281 cycles, results.steps from 0.0016 to 0.0031, results.time 4, the heat of the start to 12
 * digits, and a mean error below 10⁻⁴. Builds on heat; new are `control` and an `until` that sees it.
 */
import { grid, max, partitionKernel, sum } from 'haloweave';

/** Half the side of the box; the spot's edge, at r = 4·t^¼, stays inside until t = 16. */
const HALF = 8;
const START = 1;
/** Of h²/max u: the limit is ¼. */
const COURANT = 0.2;

export default partitionKernel(({ args }) => {
  const n = Number(args.n ?? 128);
  const stop = Number(args.until ?? 4);
  const h = (2 * HALF) / n;
  const exact = (i: number, j: number, t: number) => {
    const [x, y] = [(i + 0.5) * h - HALF, (j + 0.5) * h - HALF];
    return (2 * Math.max(0, 1 - (x * x + y * y) / (16 * Math.sqrt(t)))) / Math.sqrt(t);
  };

  return {
    partition: ({ parts }) => grid({ shape: [n, n], parts, fields: { u: 'f64', next: 'f64' } }),

    setup: (part) => part.fill('u', ([i = 0, j = 0]) => exact(i, j, START)),

    workunit(part, { control }) {
      const [rows = 0, columns = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      const row = stride[0]!;
      const r = control.dt! / (2 * h * h);
      for (let i = 0; i < rows; i++) {
        const first = offset + i * row;
        for (let c = first; c < first + columns; c++) {
          const around = u[c - row]! ** 2 + u[c + row]! ** 2 + u[c - 1]! ** 2 + u[c + 1]! ** 2;
          next[c] = u[c]! + r * (around - 4 * u[c]! ** 2);
        }
      }
      part.swap('u', 'next');
    },

    share: () => ['u'],

    measure: { peak: max('u'), heat: sum('u') },
    // The peak of state c sets the step of cycle c + 1. It only sinks, so that an old one is a safe one.
    lag: 1,

    control: {
      start: { time: START, dt: 0, next: START },
      next({ control, measures }) {
        const time = control.next!;
        const next = Math.min(stop, time + (COURANT * h * h) / (measures.peak ?? 2));
        return { time, dt: next - time, next };
      },
    },
    until: ({ control }) => control.time! >= stop,

    report: ({ cycles, control, history, measures, gather }) => {
      const u = gather('u');
      let error = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) error += Math.abs(Number(u.get(i, j)) - exact(i, j, control.time!));
      // The last step is what was left.
      const steps = history.slice(0, Math.max(1, cycles - 1)).map((entry) => entry.control!.dt!);
      return {
        time: control.time,
        steps: [steps[0], steps[steps.length - 1]],
        heat: [history[0]!.measures.heat, measures.heat],
        meanError: error / (n * n),
      };
    },
  };
});
