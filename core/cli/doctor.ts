import { join } from 'node:path';
import type { Command } from 'commander';
import { thisEngine } from '../runtime/doctor/engine.js';
import type { Finding } from '../runtime/doctor/finding.js';
import { inspect } from '../runtime/doctor/inspect.js';
import { usableCores } from '../runtime/doctor/machine.js';
import { selfTest } from '../runtime/doctor/self-test.js';
import { thisSystem } from '../runtime/doctor/system.js';
import { run } from '../runtime/run.js';
import { FOLDER } from './demo.js';
import { ExitCode } from './exit.js';

/** `haloweave doctor`: `engines` is what package.json says of Node. */
export function addDoctorCommand(program: Command, engines: string): void {
  program
    .command('doctor')
    .description(
      'Look at this machine, run a ten-second self-test, and say what to do about what is missing.',
    )
    .option('--json', 'one JSON object')
    .option('--no-self-test', 'look only, run nothing')
    .action(async (flags: { json?: boolean; selfTest: boolean }) => {
      const show = flags.json ? () => {} : (f: Finding) => process.stdout.write(`${findingText(f)}\n`);
      const system = thisSystem();
      const findings = await inspect(system, thisEngine(), engines);
      findings.forEach(show);
      // A self-test on a machine that lacks what a run needs would only say so again, less clearly.
      if (flags.selfTest && isFine(findings)) {
        const progress = progressLine(process.stderr);
        const tests = selfTest({
          ranks: Math.max(2, usableCores(system)),
          memory: system.memory().free,
          heat: join(FOLDER, 'heat.ts'),
          run,
          onStart: progress.show,
        });
        for await (const finding of tests) {
          progress.clear();
          findings.push(finding);
          show(finding);
        }
      }
      const ok = isFine(findings);
      if (flags.json) process.stdout.write(`${JSON.stringify({ ok, findings })}\n`);
      else process.stdout.write(`${conclusion(findings, flags.selfTest)}\n`);
      process.exitCode = ok ? ExitCode.done : ExitCode.failed;
    });
}

const isFine = (findings: readonly Finding[]): boolean => findings.every((f) => f.status !== 'failed');

const SIGNS = { fine: '✓', optional: '–', failed: '✗' } as const;
/** The longest name of a probe, so that values stand below each other. */
const WIDTH = 20;

/** A finding as a line, and a second one with what to do. */
export function findingText(f: Finding): string {
  const line = `${SIGNS[f.status]} ${f.name.padEnd(WIDTH)}${f.value}`;
  return f.advice === undefined ? line : `${line}\n  ${' '.repeat(WIDTH)}→ ${f.advice}`;
}

export function conclusion(findings: readonly Finding[], tested: boolean): string {
  const failed = findings.filter((f) => f.status === 'failed').map((f) => f.name);
  if (failed.length > 0) return `haloweave will not work here before this is mended: ${failed.join(', ')}`;
  return tested ? 'haloweave works here' : 'haloweave has what it needs here; nothing was run';
}

/** On a terminal, which test is running; in a pipe, nothing. */
function progressLine(stream: NodeJS.WriteStream): { show: (name: string) => void; clear: () => void } {
  if (!stream.isTTY) return { show: () => {}, clear: () => {} };
  const clear = (): void => void stream.write('\r\u001b[K');
  return { show: (name) => void stream.write(`  running: ${name} …`), clear };
}
