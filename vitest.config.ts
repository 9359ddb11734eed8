import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take longest: begun first, so that none is left running alone at the end. */
const LONGEST = ['/test/faults/', '/test/conformance/', '/test/equivalence/', '/test/bench/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = (file: TestSpecification): number => {
      const k = LONGEST.findIndex((folder) => file.moduleId.includes(folder));
      return k < 0 ? LONGEST.length : k;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// Many tests wait for processes and clocks: two files at a time keep two cores busy. More would make ranks wait for cores.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
});
