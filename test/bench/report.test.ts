import { describe, expect, test } from 'vitest';
import { type BenchLine, compare, direction, formatValue, median, Report } from '../../bench/report.js';

/** What a report wrote, by stream. */
function written(json: boolean, lines: readonly BenchLine[], notes: readonly string[] = []) {
  const out: string[] = [];
  const error: string[] = [];
  const sinks = {
    out: (text: string) => void out.push(text),
    error: (text: string) => void error.push(text),
  };
  const report = new Report(json, sinks);
  for (const line of lines) report.add(line);
  for (const note of notes) report.note(note);
  const beforeEnd = out.join('');
  report.end();
  return { out: out.join(''), error: error.join(''), beforeEnd, report };
}

describe('median', () => {
  test('of an odd and of an even count', () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 2, 3])).toBe(2.5);
  });

  test('orders by value, not as text, and leaves its argument alone', () => {
    const xs = [100, 9, 20];
    expect(median(xs)).toBe(20);
    expect(xs).toEqual([100, 9, 20]);
  });

  test('refuses nothing and NaN', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => median([1, Number.NaN])).toThrow(RangeError);
  });
});

describe('compare', () => {
  test.each(['s', 'ms', 'µs', 'ns', 'µs/cycle'])('%s: lower is better', (unit) => {
    expect(direction(unit)).toBe('lower');
    expect(compare(2, 8, unit)).toBe(4);
    expect(compare(8, 2, unit)).toBe(0.25);
  });

  test.each(['GB/s', 'Mcell/s', 'Mspin/s', 'GFLOP/s', '×'])('%s: higher is better', (unit) => {
    expect(direction(unit)).toBe('higher');
    expect(compare(8, 2, unit)).toBe(4);
    expect(compare(2, 8, unit)).toBe(0.25);
  });

  test('refuses a unit without direction and values that are not positive', () => {
    expect(() => direction('1')).toThrow(/neither a time nor a rate/);
    expect(() => compare(0, 1, 's')).toThrow(RangeError);
    expect(() => compare(1, Number.NaN, 's')).toThrow(RangeError);
  });
});

test('formatValue keeps small values readable and groups large ones', () => {
  expect(formatValue(0.095689)).toBe('0.09569');
  expect(formatValue(2)).toBe('2.00');
  expect(formatValue(123.456)).toBe('123.5');
  expect(formatValue(8065.95)).toBe('8,066');
});

describe('with --json', () => {
  test('one object a line, with exactly the six keys, at once', () => {
    const { beforeEnd, out } = written(true, [
      { bench: 'latency', case: '8 B', value: 0.2, unit: 'µs', peer: 'openmpi', peerValue: 0.1, target: 0.4 },
      { bench: 'heat', case: '512x512', value: 900, unit: 'Mcell/s' },
      { bench: 'heat', case: '2048x2048', value: 900, unit: 'Mcell/s', peer: 'mpi4py', ratio: 3 },
    ]);
    expect(out).toBe(beforeEnd);
    expect(out).toBe(
      '{"bench":"latency","case":"8 B","value":0.2,"unit":"µs","peer":"openmpi","ratio":0.5}\n' +
        '{"bench":"heat","case":"512x512","value":900,"unit":"Mcell/s","peer":null,"ratio":null}\n' +
        '{"bench":"heat","case":"2048x2048","value":900,"unit":"Mcell/s","peer":"mpi4py","ratio":3}\n',
    );
  });

  test('notes stay off standard output', () => {
    const { out, error } = written(true, [], ['peer openmpi: not installed']);
    expect(out).toBe('');
    expect(error).toBe('peer openmpi: not installed\n');
  });
});

describe('for people', () => {
  test('a table a bench, aligned, with the peer, its value, the ratio and the target', () => {
    const { out, beforeEnd } = written(
      false,
      [
        {
          bench: 'latency',
          case: '8 B',
          value: 0.2,
          unit: 'µs',
          peer: 'openmpi',
          peerValue: 0.1,
          target: 0.4,
        },
        {
          bench: 'latency',
          case: 'bandwidth',
          value: 20,
          unit: 'GB/s',
          peer: 'openmpi',
          ratio: 2,
          target: 3,
        },
        { bench: 'heat', case: '512x512', value: 8066, unit: 'Mcell/s' },
      ],
      ['a note'],
    );
    expect(beforeEnd).toBe('');
    expect(out).toBe(
      [
        'latency',
        '  case       value  unit  peer     measured   ratio  target',
        '  8 B        0.200  µs    openmpi     0.100  0.500×  ≥ 0.400×: met',
        '  bandwidth   20.0  GB/s  openmpi      10.0   2.00×  ≥ 3.00×: missed',
        '',
        'heat',
        '  case     value  unit',
        '  512x512  8,066  Mcell/s',
        '',
        'a note',
        '',
      ].join('\n'),
    );
  });

  test('without a peer the target bounds the value, from the side that the unit says', () => {
    const { out } = written(false, [
      { bench: 'b', case: 'fast', value: 30, unit: 'µs', target: 40 },
      { bench: 'b', case: 'slow', value: 50, unit: 'µs', target: 40 },
      { bench: 'b', case: 'rate', value: 50, unit: 'GB/s', target: 40 },
    ]);
    expect(out).toContain('≤ 40.0 µs: met');
    expect(out).toContain('≤ 40.0 µs: missed');
    expect(out).toContain('≥ 40.0 GB/s: met');
  });

  test('details are keys of the JSON object, and a note below the table', () => {
    const line = {
      bench: 'b',
      case: 'c',
      value: 2,
      unit: 'Mop/s',
      details: { verified: true, counts: [1, 2] },
    };
    expect(JSON.parse(written(true, [line]).out)).toEqual({
      bench: 'b',
      case: 'c',
      value: 2,
      unit: 'Mop/s',
      peer: null,
      ratio: null,
      verified: true,
      counts: [1, 2],
    });
    expect(written(false, [line]).out).toContain('b, c: verified true, counts 1 2\n');
  });

  test('end writes each line once', () => {
    const { out, report } = written(false, [{ bench: 'b', case: 'c', value: 1, unit: 's' }]);
    report.end();
    expect(out.match(/ {2}c/g)).toHaveLength(2); // the heading "case", and the line
  });
});

test('a value that is not finite is refused', () => {
  const line = { bench: 'b', case: 'c', value: Number.NaN, unit: 's' };
  expect(() => written(true, [line])).toThrow(/b, c: value NaN/);
});
