import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RefusalTeller } from '../../../../core/runtime/cluster/refusal-teller.js';
import type { RefusalName } from '../../../../core/transport/zeromq/refusal.js';

const AT = 'tcp://10.0.0.7:7100';

describe('refused handshakes, for people', () => {
  const lines: string[] = [];
  let now = 0;
  let teller: RefusalTeller;
  beforeEach(() => {
    vi.useFakeTimers();
    lines.length = 0;
    now = 0;
    teller = new RefusalTeller(
      (text) => lines.push(text),
      true,
      () => now,
    );
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const tell = (name: RefusalName, address = AT, key: string | null = null): void =>
    teller.take({ name, address, key, text: 'what to do' });

  it.each<[string, RefusalName[]]>([
    ['before the reason', ['handshake ended', 'server with keys']],
    ['after the reason', ['server with keys', 'handshake ended']],
    ['on both sides of it', ['handshake ended', 'server with keys', 'handshake ended', 'handshake ended']],
  ])('are one line, though libzmq tells of the end %s', (_, names) => {
    for (const name of names) tell(name);
    vi.runAllTimers();
    expect(lines).toEqual(['server with keys: what to do']);
    expect(teller.about(AT)).toBe('server with keys: what to do');
  });

  it('without a reason are a line too, a little later', () => {
    tell('handshake ended');
    tell('handshake ended');
    expect(lines).toEqual([]);
    vi.runAllTimers();
    expect(lines).toEqual(['handshake ended: what to do']);
    expect(teller.about(AT)).toBe('handshake ended: what to do');
    expect(teller.about('tcp://10.0.0.8:7100')).toBe(null);
  });

  it('without a reason are no line where there are no keys', () => {
    const plain = new RefusalTeller((text) => lines.push(text), false);
    plain.take({ name: 'handshake ended', address: AT, key: null, text: 'somebody looked' });
    vi.runAllTimers();
    expect(lines).toEqual([]);
    expect(plain.about(AT)).toBe('handshake ended: somebody looked');
    plain.take({ name: 'server with keys', address: AT, key: null, text: 'what to do' });
    expect(lines).toEqual(['server with keys: what to do']);
  });

  it('are told apart by name, address and key, and once a minute', () => {
    tell('unknown key', AT, 'A');
    tell('unknown key', AT, 'B');
    tell('unknown key', 'tcp://10.0.0.8:1', 'A');
    expect(lines).toHaveLength(3);
    for (let k = 0; k < 10; k++) tell('unknown key', AT, 'A');
    expect(lines).toHaveLength(3);
    now = 60_000;
    tell('unknown key', AT, 'A');
    expect(lines[3]).toBe('unknown key: what to do; 10 more like it since it was last said');
  });

  it('long after the reason are lines of their own', () => {
    tell('wrong server key');
    now = 10_000;
    tell('handshake ended');
    vi.runAllTimers();
    expect(lines).toEqual(['wrong server key: what to do', 'handshake ended: what to do']);
    // What is known of an address is the reason.
    expect(teller.about(AT)).toBe('wrong server key: what to do');
  });

  it('from any number of addresses take bounded memory', () => {
    for (let k = 0; k < 3000; k++) tell('handshake ended', `tcp://10.0.0.7:${k}`);
    expect(vi.getTimerCount()).toBe(1024);
    expect(teller.about('tcp://10.0.0.7:0')).toBe(null);
    expect(teller.about('tcp://10.0.0.7:2999')).toBe('handshake ended: what to do');
  });
});
