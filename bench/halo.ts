// `haloweave bench halo`: how fast halos move, by dimension and face, against a plain copy of as many bytes in the heap.
import { run } from 'haloweave';
import { figuresOf, programFile } from './interleave.js';
import { median, type Report } from './report.js';

const TURNS = 5;
const RANKS = 2;
/** What is aimed at for faces of 64² cells and more: the packing of faces along the last axis gathers single cells. */
const TARGET = 0.7;

/** Two cubes (squares), one a rank, periodic: every face of each is exchanged, corners too. */
const CASES = [
  { name: '2-D, edges of 256', shape: [512, 256], cycles: 40000 },
  { name: '2-D, edges of 1024', shape: [2048, 1024], cycles: 20000 },
  { name: '3-D, faces of 16²', shape: [32, 16, 16], cycles: 20000 },
  { name: '3-D, faces of 64²', shape: [128, 64, 64], cycles: 4000, target: TARGET },
  { name: '3-D, faces of 128²', shape: [256, 128, 128], cycles: 1000, target: TARGET },
];

/**
 * Reported is the rate at which a rank copies halo cells: packed once and unpacked once, so twice the bytes of its
 * halos in the time that a cycle takes longer with a share than without one.
 */
export async function halo(report: Report): Promise<void> {
  for (const { name, shape, cycles, target } of CASES) {
    const rates: number[] = [];
    const copies: number[] = [];
    const parts = [2, ...shape.slice(1).map(() => 1)];
    const measure = async (share: number): Promise<{ seconds: number; bytes: number }> => {
      const result = await run(programFile('exchange'), {
        ranks: RANKS,
        parts,
        cycles,
        args: { shape: shape.join('x'), share },
        hash: false,
      });
      const bytes = result.perRank.reduce((total, r) => total + r.haloBytes, 0) / RANKS;
      return { seconds: result.seconds, bytes };
    };
    for (let turn = 0; turn < TURNS; turn++) {
      const without = await measure(0);
      const having = await measure(1);
      rates.push((2 * having.bytes) / (having.seconds - without.seconds) / 1e9);
      const bytes = Math.round(having.bytes / cycles / 8) * 8;
      copies.push((await figuresOf('copy', RANKS, { bytes }, {})).get('copy')!.value);
    }
    const value = median(rates);
    if (!(value > 0)) {
      report.note(`halo, ${name}: lost in the noise: cycles with a share took no longer than those without`);
      continue;
    }
    report.add({
      bench: 'halo',
      case: name,
      value,
      unit: 'GB/s',
      peer: 'heap copy',
      peerValue: median(copies),
      ...(target === undefined ? {} : { target }),
    });
  }
}
