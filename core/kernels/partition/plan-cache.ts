import { HaloPlan } from '../../halo/exchange.js';
import { BlockLayout } from './blocks.js';
import type { GridDomain } from './grid.js';

/** Layouts and plans by part, shared by the parts of a rank that are alike. */
export class PlanCache {
  readonly #domain: GridDomain;
  readonly #shared: readonly (readonly number[])[];
  readonly #layouts = new Map<number, BlockLayout>();
  readonly #plans = new Map<string, HaloPlan>();

  constructor(domain: GridDomain, shared: readonly (readonly number[])[]) {
    this.#domain = domain;
    this.#shared = shared;
  }

  layout(id: number): BlockLayout {
    let l = this.#layouts.get(id);
    if (!l) {
      l = new BlockLayout(this.#domain, id, this.#shared);
      this.#layouts.set(id, l);
    }
    return l;
  }

  plan(block: BlockLayout, field: number): HaloPlan {
    const layout = block.fields[field]!;
    const { bytes } = this.#domain.fields[field]!.dtype;
    // The boxes of edges follow from the owned extent, whatever the centring.
    const key = `${layout.size.join('x')}*${layout.components}*${bytes}:${block.edges.map((e) => e.index).join(',')}`;
    let p = this.#plans.get(key);
    if (!p) {
      p = new HaloPlan(layout, block.fieldEdges[field]!, bytes);
      this.#plans.set(key, p);
    }
    return p;
  }
}
