import type { Transport } from '../../transport/transport.js';
import type { Wait } from '../../wire/wait.js';
import type { ProgressSink, RankSeconds } from '../program.js';
import type { Relay } from '../relay.js';
import type { ControlValues } from './control.js';
import { Costs } from './costs.js';
import type { CycleGate } from './cycle-gate.js';
import type { Context } from './definition.js';
import type { FrameSink } from './domain-runtime.js';
import type { MeasureGate } from './gate.js';
import type { KernelPart } from './kernel-part.js';
import type { ReduceGate } from './reduce-gate.js';
import type { ResolvedSteps } from './resolve.js';
import { callUser } from './user-call.js';
import { refusePromise, userError } from './user-error.js';

export interface SweepSetup {
  /** This rank's parts; may change between two calls of `run`. */
  parts: readonly KernelPart[];
  program: ResolvedSteps;
  context: Mutable<Context>;
  gate: CycleGate;
  measures: MeasureGate;
  reduces: ReduceGate;
  control: ControlValues | null;
  frames: FrameSink | null;
  transport: Transport;
  /** Null if all ranks are on one host. */
  relay: Relay | null;
  progress: ProgressSink;
  breathe: (() => Promise<void>) | null;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One rank's cycles. It sweeps its parts in the order of the curve and runs every part whose neighbours
 * have published their shares for its next step; when a sweep runs none, it parks until a neighbour on
 * another rank publishes. No barrier: neighbours may be one step apart, distant parts more.
 */
export class Sweep {
  workunits = 0;
  messages = 0;
  haloBytes = 0;
  haloBytesBetweenRanks = 0;
  haloBytesBetweenHosts = 0;
  readonly seconds: RankSeconds = { compute: 0, halo: 0, wait: 0 };
  readonly costs: Costs;
  readonly #s: SweepSetup;
  readonly #phases: number;
  /** Cycles between two events (measure or output), 0 if there are none. */
  readonly #measureEvery: number;
  readonly #outputEvery: number;
  #cellsDone = 0;
  #settling = false;

  constructor(setup: SweepSetup) {
    this.#s = setup;
    this.#phases = setup.program.workunits.length;
    this.#measureEvery = setup.measures.hasMeasures ? setup.program.measureEvery : 0;
    this.#outputEvery = setup.frames?.every ?? 0;
    this.costs = new Costs(setup.program.domain.parts);
    for (const p of setup.parts) {
      p.event = this.nextEvent(p.step / this.#phases);
      this.#cellsDone += (p.step / this.#phases) * p.cells;
    }
  }

  /**
   * Runs cycles to the end, or to the step at which parts are held. `settling`: rank 0 comes back when it also has
   * the measures and reductions of all steps before and has put out their states.
   */
  async run(settling = false): Promise<void> {
    const { transport, breathe } = this.#s;
    this.#settling = settling;
    let spins = transport.spins;
    for (;;) {
      if (this.#sweep()) {
        spins = transport.spins;
        if (breathe) await breathe();
      } else if (this.#finished()) {
        // What comes now, for how long ever, is not the last workunit's doing.
        this.#s.progress.running(-1, 0);
        return;
      } else if (spins > 0) {
        spins -= 1 + this.#s.parts.length;
      } else {
        const start = performance.now();
        this.#s.progress.running(-1, 0);
        transport.arm();
        // Whatever was published before this rank announced its sleep is seen here; anything later wakes it.
        if (this.#sweep() || this.#finished()) transport.disarm();
        else transport.sleep(this.#waitFor());
        this.seconds.wait += (performance.now() - start) / 1000;
        spins = transport.spins;
        if (breathe) await breathe();
      }
    }
  }

  /** What this rank waits for, for whoever asks why nothing moves. */
  #waitFor(): Wait {
    const tag = this.#s.gate.opened;
    return { operation: 'halos', peer: -1, tag, context: -1, deadline: Number.POSITIVE_INFINITY };
  }

  /** Runs whatever can run, each part at most one step; true if anything was done. */
  #sweep(): boolean {
    const { parts, gate, frames, transport, reduces, relay } = this.#s;
    if (relay !== null) relay.advance();
    const phases = this.#phases;
    let worked = false;
    for (let k = 0; k < parts.length; k++) {
      const part = parts[k]!;
      const step = part.step;
      if (!part.unpacked && !part.ready(step)) continue;
      if (step > reduces.bound && !reduces.admits(step)) continue;
      const phase = step % phases;
      if (phase === 0) {
        const cycle = step / phases;
        if (cycle >= gate.end) continue;
        if (cycle === part.event && !this.#event(part, cycle)) continue;
        if (cycle >= gate.opened && !gate.open()) continue;
      }
      this.#advance(part, step, phase);
      worked = true;
    }
    // Only states whose cycle this rank has opened: a complete frame may still turn out to lie at the end.
    if (frames && transport.rank === 0 && frames.next < gate.opened && frames.writeNext()) worked = true;
    this.#report();
    return worked;
  }

  #advance(part: KernelPart, step: number, phase: number): void {
    const { program, context, reduces, control } = this.#s;
    const phases = this.#phases;
    const timed = this.costs.due();
    const t0 = timed ? performance.now() : 0;
    if (!part.unpacked && step > 0) part.unpack(step, (phase + phases - 1) % phases);
    const t1 = timed ? performance.now() : 0;
    context.cycle = (step - phase) / phases;
    context.phase = phase;
    if (this.#measureEvery > 0) this.#s.measures.show(context, context.cycle);
    if (control !== null) context.control = control.at(context.cycle);
    this.#s.progress.running(part.number, context.cycle);
    this.#work(part, program.workunits[phase]! as unknown as (object: unknown, context: unknown) => unknown);
    if (step === reduces.bound) reduces.collect(part, step, phase, context);
    const t2 = timed ? performance.now() : 0;
    part.publish(step + 1, phase);
    const wakes = part.wakes;
    for (let w = 0; w < wakes.length; w++) this.#s.transport.wake(wakes[w]!);
    if (part.far) this.#send(part, step + 1, phase);
    this.workunits++;
    this.messages += part.remotePieces;
    this.haloBytes += part.bytes(phase);
    this.haloBytesBetweenRanks += part.bytesBetweenRanks(phase);
    if (phase === phases - 1) {
      this.#cellsDone += part.cells;
      if (this.#measureEvery + this.#outputEvery > 0) part.event = this.nextEvent((step + 1) / phases);
    }
    if (timed) this.costs.sample(this.seconds, part.number, t1 - t0 + (performance.now() - t2), t2 - t1);
  }

  #send(part: KernelPart, step: number, phase: number): void {
    part.send(step, phase);
    this.haloBytesBetweenHosts += part.bytesBetweenHosts(phase);
  }

  #work(part: KernelPart, workunit: (object: unknown, context: unknown) => unknown): void {
    const { context } = this.#s;
    let result: unknown;
    try {
      result = callUser(workunit, part.object, context);
    } catch (cause) {
      throw userError(cause, 'workunit', part.id, context);
    }
    if (result !== undefined) refusePromise(result, 'workunit', part.id, context);
  }

  /** Measures and puts out the state at the beginning of a cycle; false if that has to wait. */
  #event(part: KernelPart, cycle: number): boolean {
    const { context, measures, control, frames } = this.#s;
    const phases = this.#phases;
    if (!part.unpacked) {
      if (part.step > 0) part.unpack(part.step, phases - 1);
      part.unpacked = true;
    }
    if (this.#measureEvery > 0 && cycle % this.#measureEvery === 0 && part.measured < cycle) {
      context.cycle = cycle;
      context.phase = 0;
      // This cycle may not be open yet: what the one before could see is there on every rank.
      measures.show(context, cycle - 1);
      if (control !== null) context.control = control.at(cycle - 1);
      try {
        measures.collect(part, cycle, context);
      } catch (cause) {
        throw userError(cause, 'measure', part.id, context);
      }
      part.measured = cycle;
    }
    if (frames && cycle % this.#outputEvery === 0 && !frames.put(part, cycle)) return false;
    part.event = -1;
    return true;
  }

  /** The first cycle from `cycle` on at whose beginning a state is measured or put out, −1 for none. */
  nextEvent(cycle: number): number {
    const next = (every: number): number =>
      every > 0 ? Math.ceil(cycle / every) * every : Number.POSITIVE_INFINITY;
    const e = Math.min(next(this.#measureEvery), next(this.#outputEvery));
    return e === Number.POSITIVE_INFINITY ? -1 : e;
  }

  #finished(): boolean {
    const { parts, gate, reduces, frames, transport } = this.#s;
    const end = gate.end * this.#phases;
    const last = Math.min(end, reduces.held);
    for (let k = 0; k < parts.length; k++) if (parts[k]!.step < last) return false;
    if (this.#settling && transport.rank === 0 && !this.#settled(last)) return false;
    // Rank 0 leaves for good when every frame that was due before the end has been written.
    return last < end || !(frames && transport.rank === 0 && frames.next < gate.end);
  }

  /** Others may wait for room in a frame: the sweep writes frames while this is false. */
  #settled(last: number): boolean {
    const { measures, reduces, frames } = this.#s;
    const cycle = last / this.#phases;
    return measures.settle(cycle) && reduces.settle(last) && (!frames || frames.next >= cycle);
  }

  #report(): void {
    const { progress, measures, transport } = this.#s;
    progress.updated(this.#cellsDone);
    if (transport.rank === 0 && measures.hasMeasures && measures.cycle >= 0)
      progress.measures(measures.cycle, measures.values);
  }
}
