import { describe, expect, it } from 'vitest';
import { conclusion, findingText } from '../../../core/cli/doctor.js';
import { haloweave, lastObject } from '../../support/command-line.js';

describe('haloweave doctor', () => {
  it('looks, runs its programs on ranks, and says that all is well', async () => {
    const ended = await haloweave(['doctor', '--json']);
    const { ok, findings } = lastObject(ended) as {
      ok: boolean;
      findings: { name: string; status: string; value: string; details?: Record<string, unknown> }[];
    };
    const failed = findings.filter((f) => f.status === 'failed');
    expect(failed).toEqual([]);
    expect(ok).toBe(true);
    expect(ended.code).toBe(0);
    expect(ended.out.trimEnd().split('\n')).toHaveLength(1);
    const by = new Map(findings.map((f) => [f.name, f.details]));
    expect(by.get('ring of messages')!.messageMicroseconds).toBeGreaterThan(0);
    expect(by.get('memory bandwidth')!.gigabytesPerSecond).toBeGreaterThan(0);
    const [one, all] = by.get('same bits')!.hashes as string[];
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(all).toBe(one);
  });

  it('for people: a sign and a value a line, advice below, a last line that sums up', async () => {
    const ended = await haloweave(['doctor', '--no-self-test']);
    expect(ended.code).toBe(0);
    const lines = ended.out.trimEnd().split('\n');
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^[✓–] \S|^ {22}→ \S/);
    expect(ended.out).toMatch(/^✓ ZeroMQ {14}libzmq 4\.\d+\.\d+ with CURVE$/m);
    expect(lines.at(-1)).toBe('haloweave has what it needs here; nothing was run');
  });

  it('exits with 1 where something that it needs is missing, and runs nothing', async () => {
    const ended = await haloweave(['doctor'], { env: { TMPDIR: '/nowhere/at/all' } });
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/^✗ temporary folder {4}ENOENT/m);
    expect(ended.out).toContain('set TMPDIR');
    expect(ended.out).not.toContain('ring of messages');
    expect(ended.out).toContain('will not work here before this is mended: temporary folder');
  });

  it('texts', () => {
    expect(findingText({ name: 'X', status: 'failed', value: 'v', advice: 'a' })).toBe(
      `✗ X${' '.repeat(19)}v\n${' '.repeat(22)}→ a`,
    );
    expect(conclusion([{ name: 'X', status: 'optional', value: 'v', advice: 'a' }], true)).toBe(
      'haloweave works here',
    );
  });
});
