/** A seeded lattice under a model given as JSON, for tests. */
import { RandomStream } from 'haloweave';
import { type SpinsModel, type SpinsProblem, spinsProgram } from 'haloweave/solvers';

type Given = SpinsModel & Omit<SpinsProblem, 'initial' | 'output' | 'report'>;

export default spinsProgram((args) => {
  const given = JSON.parse(String(args.problem)) as Given;
  const columns = given.shape.at(-1)!;
  const random = new RandomStream(1);
  return {
    ...given,
    initial: (index, out) =>
      random.direction(index.length === 1 ? index[0]! : index[0]! * columns + index[1]!, 0, out),
    report: ({ history }) => ({ history: [...history] }),
  };
});
