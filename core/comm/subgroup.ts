import { HaloweaveError } from '../base/errors.js';
import type { Transport } from '../transport/transport.js';
import { BoardBlock, lonelyBoard } from './board-block.js';
import { type CollectiveChoice, Group } from './group.js';

/** The calls that make communicators, in the order of their numbers. */
const CALLS = ['split', 'dup', 'cartesian', 'sub', 'graph'] as const;
export type MakingCall = (typeof CALLS)[number];

/** What a rank brings to a split. */
export interface Belonging {
  readonly call: MakingCall;
  /** Ranks of one colour make one group; undefined for none. */
  readonly color: number | undefined;
  /** Ranks are ordered by key, those of equal keys as in the parent. */
  readonly key: number;
  readonly collectives: CollectiveChoice;
  /** What else the ranks have to agree on. */
  readonly topology?: readonly number[];
}

/** Gathers one array of each rank of the parent. */
export type Gather = (mine: Float64Array) => Float64Array[];

const CHOICES: readonly CollectiveChoice[] = ['auto', 'shared', 'messages'];

// What travels of a rank.
const MEMBER = 0;
const COLOR = 1;
const KEY = 2;
const CONTEXT = 3;
const CHOICE = 4;
const CALL = 5;
const TOPOLOGY = 6;

/**
 * The group that this rank belongs to when the ranks of `parent` split; null without a colour. Collective over
 * the parent; two gatherings. What is wrong on one rank is thrown on all. `agree` sees what each rank brought as
 * its topology, and throws if it makes none.
 *
 * The context is the first that no rank of the parent has used. Groups without a common rank may have the same:
 * no message can go from one to the other.
 */
export function subgroup(
  parent: Group,
  transport: Transport,
  gather: Gather,
  mine: Belonging,
  agree?: (topologies: Float64Array[]) => void,
): Group | null {
  const { registry } = parent;
  const { call, color } = mine;
  const all = gather(
    Float64Array.of(
      color === undefined ? 0 : 1,
      color === undefined ? 0 : (color ?? Number.NaN),
      mine.key,
      registry.nextContext,
      CHOICES.indexOf(mine.collectives),
      CALLS.indexOf(call),
      ...(mine.topology ?? []),
    ),
  );
  refuseWrong(all, call, parent.rank);
  agree?.(all.map((a) => a.subarray(TOPOLOGY)));
  const context = Math.max(...all.map((a) => a[CONTEXT]!));
  registry.nextContext = context + 2;
  const members = color === undefined ? [] : ofColor(all, color);
  const worlds = Int32Array.from(members, (m) => parent.members[m]!);

  // The lowest member makes the board, and says where it is: −1 if its ranks do not share memory.
  const wanted = worlds.length > 1 && mine.collectives !== 'messages';
  let address = -1;
  if (
    wanted &&
    members[0] === parent.rank &&
    worlds.every((w) => w === transport.rank || transport.sharesMemory(w))
  )
    address = BoardBlock.allocate(transport.heap, worlds.length);
  const addresses = gather(Float64Array.of(address));
  if (color === undefined) return null;
  address = addresses[members[0]!]![0]!;
  if (wanted && address < 0 && mine.collectives === 'shared')
    throw new HaloweaveError(
      'argument',
      `${call}: collectives 'shared' for ranks that share no memory: use 'auto' or 'messages'`,
      { rank: parent.rank, operation: call },
    );
  const block = address < 0 ? null : new BoardBlock(transport, address, worlds);
  const board = block ? block.board : worlds.length === 1 ? lonelyBoard() : null;
  return new Group(worlds, transport.rank, context, board, {
    block,
    collectives: mine.collectives,
    registry,
  });
}

/** Ranks of a colour in the order of their keys. */
function ofColor(all: readonly Float64Array[], color: number): number[] {
  const ranks = all.flatMap((a, r) => (a[MEMBER] === 1 && a[COLOR] === color ? [r] : []));
  return ranks.sort((a, b) => all[a]![KEY]! - all[b]![KEY]! || a - b);
}

function refuseWrong(all: readonly Float64Array[], call: MakingCall, rank: number): void {
  const fail = (message: string): never => {
    throw new HaloweaveError('argument', `${call}: ${message}`, { rank, operation: call });
  };
  const mine = CALLS.indexOf(call);
  const other = all.findIndex((a) => !(a instanceof Float64Array && a[CALL] === mine));
  if (other >= 0)
    throw new HaloweaveError(
      'program',
      `ranks are in different collectives: rank ${rank} calls ${call}, rank ${other} calls ${CALLS[all[other]?.[CALL] ?? -1] ?? 'allgather'}; all ranks must make the same calls in the same order`,
      { rank, operation: call },
    );
  const firsts = new Map<number, number>();
  for (const [r, a] of all.entries()) {
    if (!Number.isSafeInteger(a[COLOR]))
      fail(`rank ${r} passes colour ${a[COLOR]}: use a whole number, or undefined for no communicator`);
    if (!Number.isFinite(a[KEY])) fail(`rank ${r} passes key ${a[KEY]}: use a number`);
    if (a[CHOICE]! < 0) fail(`rank ${r} passes unknown collectives: use one of ${CHOICES.join(', ')}`);
    if (a[MEMBER] === 0) continue;
    const first = firsts.get(a[COLOR]!) ?? r;
    firsts.set(a[COLOR]!, first);
    if (all[first]![CHOICE] !== a[CHOICE])
      fail(
        `rank ${first} asks for collectives '${CHOICES[all[first]![CHOICE]!]}', rank ${r} for '${CHOICES[a[CHOICE]!]}' in the same communicator: all its ranks must ask for the same`,
      );
  }
}
