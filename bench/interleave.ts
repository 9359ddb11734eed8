// Measures haloweave and its peers turn by turn, because a machine's regime can change within minutes.

import { fileURLToPath } from 'node:url';
import { run } from 'haloweave';
import { describeUnavailable, type PeerKind, type PeerName, runPeer } from './peers/run.js';
import { median, type Report } from './report.js';

/** Turns: an odd number, so that the median is a measurement; few, so that a benchmark takes well under a minute. */
const TURNS = 5;

/** One figure by case name. */
export type Figures = Map<string, { value: number; unit: string }>;

export interface CaseTarget {
  /** The case's name, here and at the peer. */
  name: string;
  /** The peer's case, if it has another name. */
  peerCase?: string;
  /** Least ratio to Open MPI in C that is aimed at. */
  target?: number;
}

export interface Contest {
  bench: string;
  cases: CaseTarget[];
  ours(): Promise<Figures>;
  peer?: { name: PeerName; ranks: number; args: string[]; kinds: readonly PeerKind[] };
}

/** The source of a benchmark's rank program. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`../../bench/programs/${name}.ts`, import.meta.url));
}

/** Runs a rank program that gives `{ case: value }` and labels its figures with one unit. */
export async function figuresOf(
  program: string,
  ranks: number,
  args: Record<string, unknown>,
  units: Record<string, string>,
): Promise<Figures> {
  const result = await run(programFile(program), { ranks, args, output: 2 });
  const figures: Figures = new Map();
  for (const [name, value] of Object.entries(result.results as Record<string, number>))
    figures.set(name, { value, unit: units[name] ?? 'µs' });
  return figures;
}

/** Ours and the peers in turn; reports medians, and the median of the ratios of each turn. */
export async function contest(c: Contest, peers: boolean, report: Report): Promise<void> {
  const kinds = peers && c.peer ? c.peer.kinds : [];
  const ours: Figures[] = [];
  const theirs = new Map<PeerKind, Figures[]>();
  const missing = new Set<PeerKind>();
  for (let turn = 0; turn < TURNS; turn++) {
    ours.push(await c.ours());
    for (const kind of kinds) {
      if (missing.has(kind) || !c.peer) continue;
      const got = runPeer(c.peer.name, kind, c.peer.ranks, c.peer.args);
      if ('available' in got) {
        missing.add(kind);
        report.note(describeUnavailable(kind, got));
        continue;
      }
      const list = theirs.get(kind) ?? [];
      list.push(new Map(got.map((g) => [g.case, { value: g.value, unit: g.unit }])));
      theirs.set(kind, list);
    }
  }
  for (const one of c.cases) {
    const mine = ours.flatMap((f) => f.get(one.name) ?? []);
    const unit = mine[0]?.unit ?? 'µs';
    const value = median(mine.map((f) => f.value));
    let compared = false;
    for (const [kind, turns] of theirs) {
      const values = turns.flatMap((f) => f.get(one.peerCase ?? one.name)?.value ?? []);
      if (values.length === 0) continue;
      compared = true;
      report.add({
        bench: c.bench,
        case: one.name,
        value,
        unit,
        peer: kind,
        peerValue: median(values),
        ...(kind === 'openmpi' && one.target !== undefined ? { target: one.target } : {}),
      });
    }
    if (!compared) report.add({ bench: c.bench, case: one.name, value, unit });
  }
}
