#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addBenchCommand } from './bench.js';
import { addDemoCommand } from './demo.js';
import { addDoctorCommand } from './doctor.js';
import { ExitCode, reportError } from './exit.js';
import { addKeygenCommand } from './keygen.js';
import { addRunCommand } from './run.js';
import { addWorkerCommand } from './worker.js';

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  engines: { node: string };
};

const program = new Command('haloweave')
  .description('Partition and stencil compute for TypeScript: three functions, every core, the same bits.')
  .version(manifest.version)
  .exitOverride()
  .showHelpAfterError('(haloweave --help shows what there is)');
addRunCommand(program);
addWorkerCommand(program);
addDemoCommand(program);
addBenchCommand(program);
addDoctorCommand(program, manifest.engines.node);
addKeygenCommand(program);
for (const c of program.commands) c.exitOverride().showHelpAfterError();

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else process.exitCode = reportError(error);
}
