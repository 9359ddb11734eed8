import { step } from './membership.js';
import {
  emptyCluster,
  type Finish,
  type Membership,
  type MembershipAction,
  type MembershipEvent,
} from './membership-types.js';

type ActionOf<T extends MembershipAction['do']> = Extract<MembershipAction, { do: T }>;

/** Whoever does what membership decides. */
export interface RecoveryActs {
  start(action: ActionOf<'start'>): void;
  close(): void;
  end(): void;
  /** Hosts keep that state, and what is newer; nothing older. */
  commit(action: ActionOf<'commit'>): void;
  forget(action: ActionOf<'forget'>): void;
  release(host: number): void;
  warn(text: string): void;
}

/** Keeps the state of a cluster's membership, and has what it decides done, one event after the other. */
export class Recovery {
  /** Resolves when the run has come to its end. */
  readonly finished: Promise<Finish>;
  readonly #acts: RecoveryActs;
  readonly #queue: MembershipEvent[] = [];
  #state: Membership;
  #busy = false;
  #finish: (finish: Finish) => void = () => {};

  /** Epochs have numbers from `firstEpoch` on. */
  constructor(acts: RecoveryActs, firstEpoch: number) {
    this.#acts = acts;
    this.#state = { ...emptyCluster(), nextEpoch: firstEpoch };
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Losses of the run that it has gone on after, or ended with. */
  get losses(): number {
    return this.#state.losses;
  }

  /** Number of the epoch after the last. */
  get nextEpoch(): number {
    return this.#state.nextEpoch;
  }

  /** Tells what has happened; what an action brings about comes after its other actions. */
  tell(event: MembershipEvent): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { state, actions } = step(this.#state, next);
      this.#state = state;
      for (const action of actions) this.#act(action);
    }
    this.#busy = false;
  }

  #act(action: MembershipAction): void {
    const acts = this.#acts;
    switch (action.do) {
      case 'start':
        acts.start(action);
        return;
      case 'close':
        acts.close();
        return;
      case 'end':
        acts.end();
        return;
      case 'commit':
        acts.commit(action);
        return;
      case 'forget':
        acts.forget(action);
        return;
      case 'release':
        acts.release(action.host);
        return;
      case 'warn':
        acts.warn(action.text);
        return;
      case 'finish':
        this.#finish({ comes: 'finish', how: action.how, message: action.message });
        return;
      // The epoch itself takes the highest cycle of the first round to the second, and links refuse hosts that are gone.
      case 'stop':
      case 'refuse':
        return;
    }
  }
}
