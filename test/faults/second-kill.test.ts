import { writeFileSync } from 'node:fs';
import { type RunResult, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reached } from '../support/faults/await-point.js';
import { Crew } from '../support/faults/crew.js';
import { type FaultPoint, goOn } from '../support/faults/fault-points.js';
import { checkpointWritten } from '../support/faults/written.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

const FILE = kernelProgramFile('faulted');
const OPTIONS = { parts: 8, cycles: 60 };
const HOSTS = 4;
const EVERY = 20;
const COPIED = new RegExp(`^the copies after (${EVERY}|${(EVERY * 3) / 2}) cycles of epoch \\d+ are whole`);
/** Part 0 stays in this cycle until the first is killed. */
const HELD = 33;

describe('a second host killed while a run recovers from the first', () => {
  let reference: RunResult;
  let crew: Crew;
  beforeAll(async () => {
    reference = await run(FILE, { ...OPTIONS, ranks: 1 });
    crew = await Crew.start();
  });
  afterAll(async () => {
    await crew?.[Symbol.asyncDispose]();
  });

  /**
   * Kills the second of four hosts, and others when something is said. Its buddy is the third, that of the fourth is the first. There
   * is memory for the first two states whatever else goes on: the second is in memory and on disk.
   */
  async function trial(then: (hosts: number[]) => void): Promise<RunResult> {
    using stage = new ScratchFolder();
    using folder = new ScratchFolder();
    const hosts = await crew.fill(HOSTS);
    then(hosts);
    const point: FaultPoint = { id: 0, at: { part: 0, cycle: HELD }, dies: false, holds: true };
    const going = crew.run(FILE, {
      ...OPTIONS,
      buddy: EVERY / 2,
      checkpoint: folder.path,
      every: EVERY,
      args: { ms: 1, faults: { folder: stage.path, points: [point] } },
    });
    await reached(stage.path, 0, going);
    await checkpointWritten(folder.path, EVERY, going);
    await new Promise<void>((resolve) => crew.on(COPIED, resolve));
    crew.kill(hosts[1]!);
    writeFileSync(goOn(stage.path, 0), '');
    const result = await going;
    expect(result.hash, crew.log).toBe(reference.hash);
    expect(result.measures, crew.log).toEqual(reference.measures);
    return result;
  }

  it('that is not its buddy: the copies of both are there still', async () => {
    const result = await trial(([, second, , fourth]) => {
      crew.on(new RegExp(`^host ${second} is lost`), () => crew.kill(fourth!));
    });
    expect(result.recoveries, crew.log).toBe(2);
    expect(result.restored.at(-1), crew.log).toMatchObject({ from: 'memory' });
  });

  it('its buddy: from disk, and from disk again when a third is killed as the run goes on', async () => {
    const result = await trial(([, second, third, fourth]) => {
      crew.on(new RegExp(`^host ${second} is lost`), () => crew.kill(third!));
      crew.on(/^going on: restored to cycle \d+ from disk/, () => crew.kill(fourth!));
    });
    expect(result.recoveries, crew.log).toBe(3);
    expect(result.restored.slice(-2), crew.log).toEqual([
      { cycles: EVERY, from: 'disk' },
      { cycles: EVERY, from: 'disk' },
    ]);
    expect(result.hosts, crew.log).toHaveLength(1);
  });

  it('its buddy, when the others are to fetch the copies from it', async () => {
    const result = await trial(([, , third]) => {
      crew.on(/^going on: restored to cycle \d+ from memory/, () => crew.kill(third!));
    });
    expect(result.recoveries, crew.log).toBe(2);
    expect(
      result.restored.map((r) => r.from),
      crew.log,
    ).toEqual(['memory', 'disk']);
  });
});
