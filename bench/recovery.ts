// `haloweave bench recovery`: one of four hosts is killed at a random moment; when that is noticed, when the run goes on, when it is over.
import { Cluster, RandomStream } from 'haloweave';
import { programFile } from './interleave.js';
import { median, type Report } from './report.js';
import { Workers } from './workers.js';

const HOSTS = 4;
/** 64 parts of 1 MiB: 256 × 256 cells with two fields of doubles. */
const PARTS = '8x8';
const SHAPE = '2048x2048';
const CYCLES = 150;
/** Runs for each number of cycles between two copies. */
const RUNS = 10;
const EVERY = [5, 20];
/** From the kill until parts compute again, in s. */
const TARGET = 2;
/** Any number; which hosts are killed when follows from it. */
const SEED = 20261120;

/** Times from the kill on, in s. */
interface Recovered {
  noticed: number;
  restored: number;
  finished: number;
  /** Of the whole run, from its start. */
  seconds: number;
  from: string;
  hash: string;
}

/** Marks of one run; the cluster's notices and its progress set them. */
class Marks {
  killed = 0;
  noticed = 0;
  chosen = 0;
  restored = 0;
  #base = 0;

  notice(text: string): void {
    const now = performance.now();
    if (this.killed > 0 && this.noticed === 0 && / is lost: /.test(text)) this.noticed = now;
    if (this.noticed > 0 && this.chosen === 0 && text.startsWith('going on')) this.chosen = now;
  }

  /** Cells updated so far, as the hosts have told. */
  progress(cells: number): void {
    if (this.chosen === 0 || this.restored > 0) return;
    if (this.#base === 0 || cells < this.#base) this.#base = cells;
    else if (cells > this.#base) this.restored = performance.now();
  }
}

export async function recovery(report: Report): Promise<void> {
  const random = new RandomStream(SEED);
  let marks = new Marks();
  await using workers = await Workers.start([]);
  await using cluster = await Cluster.start({
    listen: 'tcp://127.0.0.1:0',
    ranks: 0,
    onNotice: (text) => marks.notice(text),
  });
  const fill = async (): Promise<void> => {
    while (workers.living < HOSTS) workers.join(cluster.endpoint!);
    while (cluster.hosts.length < HOSTS) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const once = async (every: number, victim: number, at: number): Promise<Recovered> => {
    await fill();
    marks = new Marks();
    const mine = marks;
    const start = performance.now();
    const result = await cluster.run(programFile('recovery'), {
      ranks: HOSTS,
      parts: PARTS,
      cycles: CYCLES,
      args: { shape: SHAPE },
      keep: false,
      ...(every > 0 ? { buddy: every } : {}),
      progressEvery: 5,
      onProgress: ({ cycle, cellsDone }) => {
        if (at >= 0 && mine.killed === 0 && cycle >= at) {
          mine.killed = performance.now();
          workers.kill(victim);
        }
        mine.progress(cellsDone);
      },
    });
    const end = performance.now();
    if (at >= 0 && mine.killed === 0) throw new Error(`the run was over before cycle ${at} was seen`);
    const since = (t: number): number => (t - mine.killed) / 1000;
    return {
      noticed: since(mine.noticed),
      // A run that was over before the next progress has gone on by then.
      restored: since(mine.restored > 0 ? mine.restored : end),
      finished: since(end),
      seconds: (end - start) / 1000,
      from: result.restored.map((r) => r.from).join(', '),
      hash: result.hash!,
    };
  };
  const calm = await once(0, 0, -1);
  let equal = 0;
  for (const every of EVERY) {
    const runs: Recovered[] = [];
    for (let k = 0; k < RUNS; k++) {
      const at = 1 + Math.floor(random.uniform(k, every) * (CYCLES * 0.7));
      runs.push(await once(every, Math.floor(random.uniform(k, every + 1) * HOSTS), at));
      if (runs[k]!.hash === calm.hash) equal++;
    }
    const of = (k: 'noticed' | 'restored' | 'finished'): number => median(runs.map((r) => r[k]));
    const details = {
      runs: RUNS,
      worst: Math.max(...runs.map((r) => r.restored)),
      from: runs.map((r) => r.from),
      restored: runs.map((r) => r.restored),
      hashes: runs.map((r) => r.hash),
    };
    const name = `64 parts of 1 MiB on ${HOSTS} hosts, buddy every ${every}`;
    report.add({ bench: 'recovery', case: `noticed: ${name}`, value: of('noticed'), unit: 's' });
    report.add({
      bench: 'recovery',
      case: `restored: ${name}`,
      value: of('restored'),
      unit: 's',
      target: TARGET,
      details,
    });
    report.add({ bench: 'recovery', case: `finished: ${name}`, value: of('finished'), unit: 's' });
  }
  const total = EVERY.length * RUNS;
  report.add({
    bench: 'recovery',
    case: 'runs that end with the hash of one without a loss',
    value: equal,
    unit: `of ${total}`,
    details: { hash: calm.hash },
  });
  if (equal < total)
    throw new Error(`${total - equal} recovered runs ended with another hash than ${calm.hash}`);
}
