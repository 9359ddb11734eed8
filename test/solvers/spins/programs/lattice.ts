/**
 * A seeded lattice under a model given as JSON, for tests; `alike` gives every layer the spins of the first, `wave`
 * starts a spin wave instead.
 */
import { RandomStream } from 'haloweave';
import { type SpinsModel, type SpinsProblem, type SpinWave, spinsProgram, spinWave } from 'haloweave/solvers';

type Given = SpinsModel & Omit<SpinsProblem, 'initial' | 'output' | 'report'>;

export default spinsProgram((args) => {
  const given = JSON.parse(String(args.problem)) as Given;
  const { shape } = given;
  const random = new RandomStream(1);
  const wave = args.wave ? spinWave(args.wave as SpinWave, 0) : null;
  return {
    ...given,
    initial: (index, out) => {
      if (wave) wave(index, out);
      else {
        const at = args.alike ? [0, ...index.slice(1)] : index;
        random.direction(
          at.reduce((n, x, k) => n * shape[k]! + x, 0),
          0,
          out,
        );
      }
    },
    report: ({ history }) => ({ history: [...history] }),
  };
});
