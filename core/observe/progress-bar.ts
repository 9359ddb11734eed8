import cliProgress from 'cli-progress';

/** What the bar shows. */
export interface BarReading {
  cycles: number | null;
  cycle: number;
  seconds: number;
  cellsPerSecond: number;
  measures: Readonly<Record<string, number>>;
}

/** Progress of a run on a terminal: cycle, speed, time left, measures. */
export interface ProgressDisplay {
  update(p: BarReading): void;
  stop(): void;
}

/** A live line on a terminal, nothing in a pipe. */
export function progressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  if (!stream.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
    format: '{bar} cycle {value}{of} · {speed} · {left}{measures}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  let started = false;
  return {
    update: (p) => {
      if (p.cellsPerSecond === 0 && !started) return;
      const total = p.cycles ?? Math.max(p.cycle, 1);
      const payload = describe(p);
      if (!started) bar.start(total, p.cycle, payload);
      else {
        bar.setTotal(total);
        bar.update(p.cycle, payload);
      }
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}

/** The words beside the bar. */
export function describe(p: BarReading): { of: string; speed: string; left: string; measures: string } {
  const remaining = p.cycles && p.cycle > 0 ? (p.seconds * (p.cycles - p.cycle)) / p.cycle : null;
  const measures = Object.entries(p.measures)
    .map(([name, value]) => ` · ${name} ${formatMeasure(value)}`)
    .join('');
  return {
    of: p.cycles ? ` of ${p.cycles}` : '',
    speed: formatRate(p.cellsPerSecond),
    left: remaining === null ? 'time left unknown' : `${formatSeconds(remaining)} left`,
    measures,
  };
}

export function formatRate(cellsPerSecond: number): string {
  if (cellsPerSecond >= 1e9) return `${(cellsPerSecond / 1e9).toFixed(2)} Gcell/s`;
  if (cellsPerSecond >= 1e6) return `${(cellsPerSecond / 1e6).toFixed(1)} Mcell/s`;
  if (cellsPerSecond >= 1e3) return `${(cellsPerSecond / 1e3).toFixed(1)} kcell/s`;
  return `${cellsPerSecond.toFixed(0)} cell/s`;
}

export function formatSeconds(s: number): string {
  if (s < 1) return `${(s * 1000).toFixed(s < 0.01 ? 1 : 0)} ms`;
  if (s < 60) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatMeasure(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e7)
    ? value.toExponential(4)
    : value.toPrecision(7).replace(/\.?0+$/, '');
}
