import { describe, expect, it } from 'vitest';
import { type GraphPartSpec, graph } from '../../../../core/kernels/partition/graph.js';

const line: GraphPartSpec[] = [
  { id: 'x', neighbours: ['y'], cells: 5 },
  { id: 3, neighbours: ['y', 3], weight: 2.5 },
  { id: 'y', neighbours: [3, 'x'] },
];

describe('graph', () => {
  it('numbers parts as they are listed, and finds each in the lists of its neighbours', () => {
    const g = graph({ parts: line });
    expect(g).toMatchObject({ kind: 'graph', parts: 3, cells: 7, ids: ['x', 3, 'y'] });
    expect(g.neighbours.map((n) => [...n])).toEqual([[2], [2, 1], [1, 0]]);
    // x is y's second; 3 is y's first, and its own second.
    expect(g.places.map((n) => [...n])).toEqual([[1], [0, 1], [0, 0]]);
    for (const [me, those] of g.neighbours.entries())
      those.forEach((n, k) => {
        expect(g.neighbours[n]![g.places[me]![k]!]).toBe(me);
      });
  });

  it('weighs a part by its cells unless told', () => {
    const g = graph({ parts: line });
    expect([g.cellsOf, g.weights]).toEqual([
      [5, 1, 1],
      [5, 2.5, 1],
    ]);
  });

  it('places parts as listed, or along the curve through their positions', () => {
    expect([...graph({ parts: line }).order]).toEqual([0, 1, 2]);
    const placed = line.map((p, k) => ({ ...p, position: [[4], [-1], [0.5]][k]! }));
    expect([...graph({ parts: placed }).order]).toEqual([1, 2, 0]);
  });

  it('takes a part without neighbours, and a part that is its only one', () => {
    expect(graph({ parts: [{ id: 0, neighbours: [] }] }).neighbours[0]).toHaveLength(0);
    expect([...graph({ parts: [{ id: 0, neighbours: [0] }] }).places[0]!]).toEqual([0]);
  });

  it('takes many parts with one in the middle', () => {
    const n = 20_000;
    const rim = Array.from({ length: n }, (_, k) => ({ id: k, neighbours: ['hub'] }));
    const g = graph({ parts: [...rim, { id: 'hub', neighbours: rim.map((p) => p.id) }] });
    expect(g.places[n]![n - 1]).toBe(0);
    expect(g.places[n - 1]![0]).toBe(n - 1);
  });

  it('tells 3 from "3"', () => {
    const both = [
      { id: 3, neighbours: ['3'] },
      { id: '3', neighbours: [3] },
    ];
    expect(graph({ parts: both }).parts).toBe(2);
  });
});
