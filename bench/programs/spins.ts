// Kernel program of `bench spins`: the model and step of bench/peers/spins.c.
import { spinsProgram } from 'haloweave/solvers';

export default spinsProgram((args) => {
  const n = Number(args.n ?? 512);
  return {
    shape: [n, n],
    exchange: 1,
    dmi: { kind: 'interfacial', D: 0.3 },
    anisotropy: { K: 0.1, axis: [0, 0, 1] },
    field: [0, 0, 0.05],
    alpha: 0.1,
    dt: 0.02,
    integrator: 'rk4',
    initial: ([i = 0, j = 0], out) => {
      const x = Math.sin(0.05 * i);
      const y = Math.cos(0.07 * j);
      const length = Math.sqrt(x * x + y * y + 1);
      out[0] = x / length;
      out[1] = y / length;
      out[2] = 1 / length;
    },
    measureEvery: 1_000_000,
  };
});
