import { random } from '../mutate.js';
import type { FaultPoint } from './fault-points.js';

/** When a fault is done: at a point that the program gets to, or so many ms after the coordinator has noticed the n-th loss. */
export type When =
  | { kind: 'point'; point: FaultPoint; delay: number }
  | { kind: 'loss'; nth: number; delay: number };

/** What is done, and to whom: to the process that got to the point, or to the one so many places after it. */
export type What =
  | { kind: 'kill'; victim: number }
  /** Stopped, and continued after so many ms. */
  | { kind: 'stop'; victim: number; ms: number }
  /** All links between its data socket and other hosts are cut so many times, so many ms apart. They can be made again. */
  | { kind: 'cut'; victim: number; times: number; ms: number };

export interface Fault {
  /** Phase of the run that it is aimed at, for people. */
  aim: 'compute' | 'exchange' | 'checkpoint' | 'recovery' | 'restart' | 'late' | 'pause' | 'link';
  when: When;
  what: What;
}

export interface ScheduleOptions {
  hosts: number;
  parts: number;
  cycles: number;
  /** Cycles from one checkpoint to the next; 0 for none. */
  every: number;
}

/** Where a first fault falls, in fractions of the cycles, and a late one: two losses that show the same part in the same cycle end a run. */
const EARLY = [0.2, 0.5] as const;
const LATE = [0.75, 0.9] as const;

/**
 * Faults of a run on three hosts or more, by a seed: at least two processes are killed if they are there, at least one is left; half of the runs
 * have links cut. Of those that are found by the clock, all but
 * one come where ranks have not computed: readings of what a process ran are up to 200 ms old, and by the rule that ends a
 * program which kills its hosts two readings that are the same end the run.
 */
export function drawFaults(seed: number, { hosts, parts, cycles, every }: ScheduleOptions): Fault[] {
  const draw = random(seed);
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)]!;
  const cycleIn = ([from, to]: readonly [number, number]): number =>
    Math.floor(from * cycles) + draw(Math.max(1, Math.floor((to - from) * cycles)));
  const faults: Fault[] = [];
  const at = (cycle: number, dies: boolean, holds: boolean): FaultPoint => ({
    id: faults.length,
    at: { part: draw(parts), cycle },
    dies,
    holds,
  });
  const kill = (victim: number): What => ({ kind: 'kill', victim });
  const aim = pick(
    every > 0 ? (['compute', 'exchange', 'checkpoint'] as const) : (['compute', 'exchange'] as const),
  );
  let cycle = cycleIn(EARLY);
  if (aim === 'checkpoint') cycle = Math.max(1, Math.round(cycle / every)) * every;
  const dies = aim === 'compute';
  faults.push({
    aim,
    when: { kind: 'point', point: at(cycle, dies, false), delay: dies ? 0 : draw(8) },
    what: kill(dies ? 0 : draw(hosts)),
  });
  // One is left whatever falls together; those that replace the killed may come in time or not.
  const more = 1 + draw(hosts - 2);
  const kinds = ['recovery', 'restart', 'late'] as const;
  const left = [...kinds];
  for (let k = 0; k < Math.min(more, kinds.length); k++) {
    const [kind] = left.splice(draw(left.length), 1);
    const id = faults.length;
    if (kind === 'recovery')
      faults.push({
        aim: kind,
        when: { kind: 'loss', nth: 1, delay: draw(120) },
        what: kill(draw(hosts)),
      });
    else if (kind === 'restart')
      faults.push({
        aim: kind,
        when: { kind: 'point', point: { id, at: 'begin', dies: true, holds: false }, delay: 0 },
        what: kill(0),
      });
    else
      faults.push({
        aim: 'late',
        when: { kind: 'point', point: at(cycleIn(LATE), false, true), delay: 0 },
        what: kill(draw(hosts)),
      });
  }
  if (draw(4) === 0)
    faults.push({
      aim: 'pause',
      when: { kind: 'point', point: at(cycleIn(EARLY), false, false), delay: 0 },
      what: { kind: 'stop', victim: draw(hosts), ms: 100 + draw(600) },
    });
  if (draw(2) === 0)
    faults.push({
      aim: 'link',
      when: { kind: 'point', point: at(draw(cycles), false, false), delay: draw(8) },
      what: { kind: 'cut', victim: draw(hosts), times: 1 + draw(5), ms: 1 + draw(60) },
    });
  return faults;
}

/** A fault in a line, for the log. */
export function describeFault({ aim, when, what }: Fault): string {
  const place =
    when.kind === 'loss'
      ? `${when.delay} ms after loss ${when.nth}`
      : when.point.at === 'begin'
        ? 'where a rank begins again'
        : `part ${when.point.at.part} in cycle ${when.point.at.cycle}${when.point.holds ? ', held' : ''} + ${when.delay} ms`;
  return `${aim}: ${act(what)} host +${what.victim} at ${place}`;
}

function act(what: What): string {
  if (what.kind === 'kill') return 'kill';
  if (what.kind === 'stop') return `stop for ${what.ms} ms`;
  return `cut ${what.times} times, ${what.ms} ms apart, the links of`;
}
