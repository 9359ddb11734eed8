import { writeFileSync } from 'node:fs';
import { type RunOptions, type RunResult, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haloweave, lastObject } from '../support/command-line.js';
import { reached } from '../support/faults/await-point.js';
import { Crew } from '../support/faults/crew.js';
import { type FaultPoint, goOn } from '../support/faults/fault-points.js';
import { linesOf, Printed } from '../support/faults/printed.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

/** Part 0 stays in these cycles: until a worker has been killed, until one that joins is there, and until a second one is. */
const HELD = [20, 40, 60];

describe('workers that join in the middle of a run in which others are killed', () => {
  let crew: Crew;
  beforeAll(async () => {
    crew = await Crew.start();
  });
  afterAll(async () => {
    await crew?.[Symbol.asyncDispose]();
  });

  /**
   * A run of three hosts: one is killed as a worker is about to join, another in the moment in which it has joined, and the one that
   * joins after that in the moment in which it is to get work.
   */
  async function trial(file: string, options: RunOptions): Promise<RunResult> {
    using stage = new ScratchFolder();
    const hosts = await crew.fill(3);
    const points = HELD.map(
      (cycle, id): FaultPoint => ({ id, at: { part: 0, cycle }, dies: false, holds: true }),
    );
    const going = crew.run(file, {
      ...options,
      args: { ...options.args, ms: 1, faults: { folder: stage.path, points } },
    });
    await reached(stage.path, 0, going);
    const joins = crew.join();
    crew.kill(hosts[1]!);
    writeFileSync(goOn(stage.path, 0), '');
    await joins;
    crew.kill(hosts[2]!);
    await reached(stage.path, 1, going);
    writeFileSync(goOn(stage.path, 1), '');
    await reached(stage.path, 2, going);
    const last = await crew.join();
    // Its parts have not stopped yet for it.
    crew.onNext(/^going on: /, () => crew.kill(last));
    writeFileSync(goOn(stage.path, 2), '');
    return await going;
  }

  it.each<[string, RunOptions]>([
    ['no copies', {}],
    ['copies on buddies', { buddy: 5 }],
  ])('a grid with output, %s: the same hash and measures, each frame once and in order', async (_, more) => {
    const file = kernelProgramFile('faulted');
    const options = { parts: 6, cycles: 80, args: { frames: 6 } };
    using printed = new Printed();
    const there = await trial(file, { ...options, ...more });
    const words = ['-n', '2', '--parts', '6', '--cycles', '80', '--json', '--', '--frames', '6'];
    const here = await haloweave(['run', file, ...words]);
    expect(there, crew.log).toMatchObject({ recoveries: 3, hash: lastObject(here).hash });
    expect(there.measures, crew.log).toEqual(lastObject(here).measures);
    expect(printed.lines('frame '), crew.log).toHaveLength(14);
    expect(printed.lines('frame '), crew.log).toEqual(linesOf(here.err, 'frame '));
  });

  it('a graph, with copies and checkpoints: the same hash, and the same report of every state', async () => {
    using folder = new ScratchFolder();
    const file = kernelProgramFile('graph/ring');
    const options = { cycles: 80, args: { sizes: '5,3,7,2,4,6' } };
    const there = await trial(file, { ...options, buddy: 4, checkpoint: folder.path, every: 10 });
    const here = await run(file, { ...options, ranks: 2 });
    expect(there.hash, crew.log).toBe(here.hash);
    expect(there.results, crew.log).toEqual(here.results);
    expect(there.recoveries, crew.log).toBe(3);
    const resumed = await run(file, { ranks: 2, resume: folder.path, forceResume: true });
    expect(resumed.hash, crew.log).toBe(here.hash);
  });
});
