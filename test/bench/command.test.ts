import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/core/cli/main.js', import.meta.url));
const haloweave = (...words: string[]) =>
  spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', timeout: 120_000 });

describe('haloweave bench', () => {
  it('prints one JSON object a line, with the documented keys', () => {
    const out = haloweave('bench', 'collectives', '--json');
    expect(out.stderr).not.toMatch(/Error/);
    expect(out.status).toBe(0);
    const lines = out.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((l) => l.case)).toEqual([
      'barrier',
      'allreduce max 8 B',
      'barrier, 8 ranks',
      '8 parked ranks',
    ]);
    for (const line of lines) {
      expect(Object.keys(line).sort()).toEqual(['bench', 'case', 'peer', 'ratio', 'unit', 'value']);
      expect(line.bench).toBe('collectives');
      expect(line.value).toBeGreaterThan(0);
      expect([line.peer, line.ratio]).toEqual([null, null]);
    }
  });

  it('refuses a benchmark that does not exist, with the names of those that do', () => {
    const out = haloweave('bench', 'speed');
    expect(out.status).toBe(2);
    expect(out.stderr).toContain("no benchmark 'speed'");
    expect(out.stderr).toContain(
      'latency, collectives, grain, heat, spins, halo, sum, network, recovery, checkpoint, npb-ep',
    );
  });
});
