import { existsSync, linkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A place in a program where a run is to be hit, once: in the workunit of a part in a cycle, or where a rank begins an epoch. */
export interface FaultPoint {
  id: number;
  /** `begin`: where the first rank begins its epoch whose process has begun one of this run before. */
  at: { part: number; cycle: number } | 'begin';
  /** The process kills itself there, in the middle of what it does. */
  dies: boolean;
  /** The workunit does not end before the fault has been done. */
  holds: boolean;
}

/** What a program gets as `args.faults`. */
export interface FaultPlan {
  /** Folder through which programs tell that they have got to a point. */
  folder: string;
  points: FaultPoint[];
}

/** What the file says that is there once a point has been reached. */
export interface Reached {
  pid: number;
  part: number;
  cycle: number;
}

/** File that lets a workunit go on that is held at a point. */
export const goOn = (folder: string, id: number): string => join(folder, `${id}.go`);

const never = new Int32Array(new SharedArrayBuffer(4));
const rest = (ms: number): void => void Atomics.wait(never, 0, 0, ms);

/** True for one caller, whatever the processes. The file is whole when it is there. */
function first(path: string, text: string): boolean {
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(aside, text);
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(aside);
  }
}

function reach(plan: FaultPlan, point: FaultPoint, part: number, cycle: number): void {
  const reached: Reached = { pid: process.pid, part, cycle };
  if (!first(join(plan.folder, String(point.id)), JSON.stringify(reached))) return;
  if (point.dies) {
    process.kill(process.pid, 'SIGKILL');
    rest(10_000);
  }
  while (point.holds && !existsSync(goOn(plan.folder, point.id))) rest(1);
}

/** To be called by every workunit. */
export function atWorkunit(plan: FaultPlan | undefined, part: number, cycle: number): void {
  if (!plan) return;
  for (const point of plan.points)
    if (point.at !== 'begin' && point.at.part === part && point.at.cycle === cycle)
      reach(plan, point, part, cycle);
}

/** To be called where a rank makes its program. */
export function atBegin(plan: FaultPlan | undefined): void {
  const point = plan?.points.find((p) => p.at === 'begin');
  if (!plan || !point) return;
  if (!first(join(plan.folder, `began-${process.pid}`), '')) reach(plan, point, -1, -1);
}
