import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/**
 * Passes TCP connections on to a port of this machine, and cuts them when told: both ends of each, at once, with whatever
 * is on the way lost.
 */
export class TcpRelay {
  /** `tcp://…` to connect to. */
  readonly endpoint: string;
  connections = 0;
  /** How often there was something to cut. */
  cuts = 0;
  /** Port to pass to. */
  target = 0;
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();

  static async open(): Promise<TcpRelay> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new TcpRelay(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (near) => this.#join(near));
  }

  /** Ends every connection as if a cable were pulled, and the ends noticed at once. */
  cut(): void {
    if (this.#pairs.size > 0) this.cuts++;
    for (const pair of [...this.#pairs]) this.#end(pair);
  }

  /** Connections that pass something on now. */
  get open(): number {
    return this.#pairs.size;
  }

  close(): void {
    for (const pair of [...this.#pairs]) this.#end(pair);
    this.#server.close();
  }

  #join(near: Socket): void {
    this.connections++;
    const far = createConnection(this.target, '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    // An end that goes takes the other with it: errors say no more than that.
    for (const end of pair) {
      end.setNoDelay(true);
      end.on('error', () => this.#end(pair));
      end.on('close', () => this.#end(pair));
    }
  }

  #end(pair: [Socket, Socket]): void {
    this.#pairs.delete(pair);
    for (const end of pair) end.resetAndDestroy();
  }
}
