import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type RunError, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Crew } from '../support/faults/crew.js';
import { exampleFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

const heat = exampleFile('heat');
/** 8 MiB a field, of which a host of three has a third; halos are some KiB. */
const OPTIONS = { cycles: 3, parts: 6, args: { shape: '1024x1024' } };
const MIB = 1 << 20;

describe('a host killed while the final state travels', () => {
  let crew: Crew;
  beforeAll(async () => {
    crew = await Crew.start({ relayed: true });
  });
  afterAll(async () => {
    await crew?.[Symbol.asyncDispose]();
  });

  /** Kills a host when so much has passed its data sockets from now on. */
  function killAfter(host: number, bytes: number): void {
    const relay = crew.relay(host);
    const end = relay.passed + bytes;
    relay.onPassing = () => {
      if (relay.passed < end) return;
      relay.onPassing = null;
      crew.kill(host);
    };
  }

  it('to the host of rank 0, and that one while it travels on: what is saved is the same in every byte', async () => {
    using folder = new ScratchFolder();
    const [first, second, third] = await crew.fill(3);
    // The host with the higher number is connected to: its own fields and nothing else of size pass its relay.
    killAfter(third!, MIB);
    killAfter(first!, 2 * MIB);
    const there = await crew.run(heat, { ...OPTIONS, save: join(folder.path, 'workers') });
    const here = await run(heat, { ...OPTIONS, ranks: 2, save: join(folder.path, 'threads') });
    expect(there.recoveries, crew.log).toBe(2);
    expect(there.hosts.map((h) => h.host)).toEqual([second]);
    expect(there.hash, crew.log).toBe(here.hash);
    const names = here.saved.map((file) => relative(join(folder.path, 'threads'), file));
    expect(there.saved.map((file) => relative(join(folder.path, 'workers'), file))).toEqual(names);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const [a, b] = ['workers', 'threads'].map((of) => readFileSync(join(folder.path, of, name)));
      expect(a!.equals(b!), `${name}\n${crew.log}`).toBe(true);
    }
  });

  it('and it was the last one: the run ends with an error that says so', async () => {
    const [only] = crew.hosts;
    killAfter(only!, 2 * MIB);
    const error = await crew.run(heat, OPTIONS).then(
      () => null,
      (e: unknown) => e as RunError,
    );
    expect(error?.code, crew.log).toBe('lost');
    expect(error?.message).toMatch(
      /^there is room for 0 ranks, fewer than the 1 it takes; there is no checkpoint on disk/,
    );
  });
});
