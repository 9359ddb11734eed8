import type { Context, Router } from 'zeromq';
import { HaloweaveError } from '../../base/errors.js';
import { zeromq } from './library.js';
import type { OnRefusal, RefusalName } from './refusal.js';
import { networkContext } from './sockets.js';
import { parseZapRequest, ZAP_VERSION, type ZapRequest } from './zap-request.js';

/** Where libzmq looks for whoever decides, as RFC 27 says: one place in a context. */
const ADDRESS = 'inproc://zeromq.zap.01';

/**
 * Status codes of RFC 27. After 400 the client's socket gives up. After 300 it hears nothing: libzmq leaves the connection until the
 * handshake takes too long for either side (`handshakeInterval`), and then the client tries again.
 */
const Status = { ok: '200', later: '300', refused: '400', broken: '500' } as const;

/** How long the answer about a key that may be listed later waits, in ms. A refusal has to be in the log within a second. */
const PATIENCE = 500;
/** Answers that wait at a time. More clients than hosts of a cluster are nobody's that will be listed. */
const MOST_WAITING = 256;

export interface ZapDomainOptions {
  /** Public keys and their names, to begin with. */
  allowed?: Iterable<readonly [string, string]>;
  /**
   * Keys may be listed a moment after their client has come: the answer waits for half a second, and a client that is refused
   * then tries again by itself. Otherwise it is told at once that its key is refused, and its socket gives up.
   */
  later?: boolean;
  onRefusal: OnRefusal;
  /** That of the server sockets; `networkContext()` if left out. */
  context?: Context;
}

/**
 * A new list of allowed clients. Await it before any server socket with this domain is bound. The main thread has to answer
 * libzmq's questions, so clients wait while it is busy.
 *
 * Throws `HaloweaveError('usage')` if something else in the process answers them already.
 *
 * Source: ZeroMQ RFC 27, ZAP 1.0.
 */
export function openZapDomain(options: ZapDomainOptions): Promise<ZapDomain> {
  const context = options.context ?? networkContext();
  const handler = handlers.get(context) ?? new Handler(context);
  handlers.set(context, handler);
  return handler.open(options);
}

/** One in a context: nobody else may be bound at its address. */
const handlers = new WeakMap<Context, Handler>();

/** A client whose key may be listed in a moment. */
interface Waiting {
  readonly key: string;
  /** Now, as the list is now. */
  answer(): void;
}

/**
 * The clients that may connect to sockets with a `zapDomain`: a list of public keys. It may change at any time; what changes
 * holds for connections from then on, those that are there stay.
 */
export class ZapDomain {
  /** What the server sockets have as their `zapDomain`. */
  readonly name: string;
  /** How many connections were refused. */
  refused = 0;
  /** @internal */
  readonly options: ZapDomainOptions;
  /** @internal */
  readonly waiting = new Set<Waiting>();
  readonly #keys = new Map<string, string>();
  readonly #handler: Handler;

  /** @internal */
  constructor(name: string, options: ZapDomainOptions, handler: Handler) {
    this.name = name;
    this.options = options;
    this.#handler = handler;
    for (const [key, called] of options.allowed ?? []) this.allow(key, called);
  }

  /** Public keys and their names. */
  get allowed(): ReadonlyMap<string, string> {
    return this.#keys;
  }

  allow(key: string, name: string): void {
    this.#keys.set(key, name);
    this.#handler.known.set(key, name);
    for (const waiting of this.waiting) if (waiting.key === key) waiting.answer();
  }

  /** The key's next connection is refused. */
  forbid(key: string): void {
    this.#keys.delete(key);
  }

  /**
   * Nobody is let in any more. The last one in a context to close ends its handler: only once the server sockets are closed and have
   * said `end`, see `openSecurity`.
   */
  close(): Promise<void> {
    return this.#handler.close(this);
  }
}

class Handler {
  /** Names of keys that some list has or had: tells somebody sent away from a stranger. */
  readonly known = new Map<string, string>();
  readonly #context: Context;
  readonly #domains = new Map<string, ZapDomain>();
  /** Null while there are no domains: a socket that receives would keep the process from ending. */
  #socket: Router | null = null;
  /** Opening and closing wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();
  #sending: Promise<void> = Promise.resolve();
  #numbered = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  open(options: ZapDomainOptions): Promise<ZapDomain> {
    return this.#inTurn(async () => {
      if (!this.#socket) {
        this.#socket = await this.#bind();
        void this.#answer(this.#socket);
      }
      const domain = new ZapDomain(`haloweave-${++this.#numbered}`, options, this);
      this.#domains.set(domain.name, domain);
      return domain;
    });
  }

  close(domain: ZapDomain): Promise<void> {
    return this.#inTurn(async () => {
      this.#domains.delete(domain.name);
      for (const waiting of domain.waiting) waiting.answer();
      await this.#sending;
      const socket = this.#socket;
      if (this.#domains.size > 0 || !socket) return;
      this.#socket = null;
      // While it is unbound a socket takes nothing to send.
      await this.#sending;
      // Closing alone frees the address a while later, when others may want it already.
      await socket.unbind(ADDRESS);
      socket.close();
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #bind(): Promise<Router> {
    const socket = new (zeromq().Router)({ linger: 0, context: this.#context });
    try {
      await socket.bind(ADDRESS);
    } catch (cause) {
      socket.close();
      throw new HaloweaveError(
        'usage',
        `keys of clients cannot be checked: ${ADDRESS} is taken by other code in this process that uses ZeroMQ`,
        {},
        { cause },
      );
    }
    return socket;
  }

  async #answer(socket: Router): Promise<void> {
    while (this.#socket === socket) {
      let received: Buffer[];
      try {
        received = await socket.receive();
      } catch (error) {
        // A receive that is pending when its socket is closed ends with EAGAIN.
        if (this.#socket !== socket) return;
        throw error;
      }
      const [peer, , ...frames] = received;
      const request = parseZapRequest(frames);
      const reply = (): void => {
        const id = typeof request === 'string' ? (frames[1] ?? '') : request.id;
        const status = this.#decide(request);
        const text = status === Status.ok ? 'OK' : 'refused';
        const user = typeof request === 'string' || status !== Status.ok ? '' : (request.key ?? '');
        this.#sending = this.#sending.then(async () => {
          // Those who ask while the handler goes have nobody left to ask, and their server sockets are closed.
          if (this.#socket !== socket) return;
          await socket.send([peer!, '', ZAP_VERSION, id, status, text, user, '']);
        });
      };
      if (typeof request === 'string' || !this.#wait(request, reply)) reply();
    }
  }

  /** Whether the answer is given later: there is a chance that the key will be on the list in a moment. */
  #wait({ domain: name, key }: ZapRequest, reply: () => void): boolean {
    const domain = this.#domains.get(name);
    if (!domain?.options.later || key === null || domain.allowed.has(key)) return false;
    if (domain.waiting.size >= MOST_WAITING) return false;
    const answer = (): void => {
      clearTimeout(timer);
      domain.waiting.delete(waiting);
      reply();
    };
    const timer = setTimeout(answer, PATIENCE);
    const waiting = { key, answer };
    domain.waiting.add(waiting);
    return true;
  }

  /** The status of the answer, after the owner of the domain has been told of a refusal. */
  #decide(request: ZapRequest | string): string {
    if (typeof request === 'string') {
      // It does not even say whom it concerns.
      const text = `a request for authentication is malformed: ${request}`;
      for (const domain of this.#domains.values()) refuse(domain, 'malformed request', '', null, text);
      return Status.broken;
    }
    const { address, mechanism, key } = request;
    const domain = this.#domains.get(request.domain);
    if (!domain) {
      const text = `a client at ${address} came to '${request.domain}', which has no list`;
      for (const any of this.#domains.values()) refuse(any, 'unknown domain', address, key, text);
      return Status.refused;
    }
    if (key === null) {
      const plain = mechanism === 'NULL' || mechanism === 'PLAIN';
      const text = plain
        ? `a client at ${address} has no keys (mechanism ${mechanism}): start it with --keys`
        : `a client at ${address} speaks ${mechanism}, not CURVE`;
      refuse(domain, plain ? 'plaintext client' : 'unknown mechanism', address, null, text);
      return Status.refused;
    }
    if (domain.allowed.has(key)) return Status.ok;
    const called = this.known.get(key);
    if (called === undefined) {
      const text = domain.options.later
        ? `a client at ${address} has a key that no host of this cluster was said to have`
        : `a client at ${address} has a key that nobody listed; if it may connect, add 'allow = ${key} NAME'`;
      refuse(domain, 'unknown key', address, key, text);
    } else {
      const text = `the key '${called}' of a client at ${address} is not, or no longer, allowed here`;
      refuse(domain, 'unlisted key', address, key, text);
    }
    return domain.options.later === true ? Status.later : Status.refused;
  }
}

function refuse(
  domain: ZapDomain,
  name: RefusalName,
  address: string,
  key: string | null,
  text: string,
): void {
  domain.refused++;
  domain.options.onRefusal({ name, address, key, text });
}
