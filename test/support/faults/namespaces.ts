import { command } from './engines.js';

let made = 0;

/**
 * Hosts with addresses of their own on one machine: a network namespace each, joined by a bridge in another. A process is put
 * into one by the words that `inside` gives before its own. All of it goes away with the object.
 */
export class NetworkNamespaces implements Disposable {
  readonly #prefix = `hw${process.pid}-${++made}`;
  /** Third byte of the addresses; namespaces of other tests do not see them. */
  readonly #net = '10.117.0';
  readonly #names: string[] = [];

  constructor(hosts: number) {
    const bridge = `${this.#prefix}s`;
    try {
      this.#add(bridge);
      this.#in(bridge, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
      this.#in(bridge, 'ip', 'link', 'set', 'br0', 'up');
      for (let k = 0; k < hosts; k++) {
        const name = this.#name(k);
        this.#add(name);
        this.#in(name, 'ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', `p${k}`, 'netns', bridge);
        this.#in(bridge, 'ip', 'link', 'set', `p${k}`, 'master', 'br0', 'up');
        this.#in(name, 'ip', 'addr', 'add', `${this.address(k)}/24`, 'dev', 'eth0');
        this.#in(name, 'ip', 'link', 'set', 'eth0', 'up');
        this.#in(name, 'ip', 'link', 'set', 'lo', 'up');
      }
    } catch (cause) {
      this[Symbol.dispose]();
      throw cause;
    }
  }

  /** Names of those that this process has made and that are still there. Other tests run beside it. */
  static get left(): string[] {
    const names = command(['ip', 'netns', 'list']).split('\n');
    return names.filter((name) => name.startsWith(`hw${process.pid}-`));
  }

  address(host: number): string {
    return `${this.#net}.${host + 1}`;
  }

  /** Words before a command that is to run on a host. */
  inside(host: number): string[] {
    return ['ip', 'netns', 'exec', this.#name(host)];
  }

  /** From now on so many in a hundred packets that come to a host are lost; 100 is a pulled cable with the light on. */
  lose(host: number, percent: number): void {
    this.keep(host);
    if (percent === 0) return;
    const which = percent >= 100 ? '' : `numgen random mod 1000 < ${Math.round(percent * 10)} `;
    this.#in(host, 'nft', 'add', 'table', 'inet', 'faults');
    const chain = '{ type filter hook input priority 0; }';
    this.#in(host, 'nft', 'add', 'chain', 'inet', 'faults', 'incoming', chain);
    const rule = `iifname eth0 ${which}counter drop`.split(' ');
    this.#in(host, 'nft', 'add', 'rule', 'inet', 'faults', 'incoming', ...rule);
  }

  /** Nothing is lost any more. */
  keep(host: number): void {
    if (this.#in(host, 'nft', 'list', 'tables').includes('faults'))
      this.#in(host, 'nft', 'delete', 'table', 'inet', 'faults');
  }

  /** Packets that have been lost by the rule of `lose`. */
  lost(host: number): number {
    const rules = this.#in(host, 'nft', 'list', 'table', 'inet', 'faults');
    return Number(/packets (\d+)/.exec(rules)?.[1] ?? 0);
  }

  /** Pulls a host's cable, or puts it back. */
  cable(host: number, plugged: boolean): void {
    this.#in(host, 'ip', 'link', 'set', 'eth0', plugged ? 'up' : 'down');
  }

  /** Pulls a host's cable and puts it back so many ms later, by one process: what it takes to start one is not part of it. */
  unplugFor(host: number, ms: number): void {
    const words = `ip link set eth0 down && sleep ${ms / 1000} && ip link set eth0 up`;
    this.#in(host, 'sh', '-c', words);
  }

  [Symbol.dispose](): void {
    for (const name of this.#names.splice(0).reverse()) command(['ip', 'netns', 'del', name]);
  }

  #name(host: number): string {
    return `${this.#prefix}h${host}`;
  }

  #add(name: string): void {
    command(['ip', 'netns', 'add', name]);
    this.#names.push(name);
  }

  #in(where: number | string, ...words: string[]): string {
    const name = typeof where === 'number' ? this.#name(where) : where;
    return command(['ip', 'netns', 'exec', name, ...words]);
  }
}
