import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../../../core/runtime/cluster/endpoints.js';
import { parseHostfile, parseHosts, readHostfile } from '../../../../core/runtime/cluster/hostfile.js';

const KEY = 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID';

describe('a file of hosts', () => {
  it('has a worker a line, with comments and empty lines between', () => {
    const text = `# the big ones\nnode7:7200 slots=4\n\n  node8   # with the default port\r\ntcp://10.0.0.9:7300 key=${KEY} slots=2\n[fe80::1]:7100\n`;
    expect(parseHostfile(text, 'hosts')).toEqual([
      { endpoint: 'tcp://node7:7200', slots: 4, key: null },
      { endpoint: 'tcp://node8:7100', slots: null, key: null },
      { endpoint: 'tcp://10.0.0.9:7300', slots: 2, key: KEY },
      { endpoint: 'tcp://[fe80::1]:7100', slots: null, key: null },
    ]);
  });

  it('may have a # inside a key', () => {
    const key = KEY.replace('@', '#');
    expect(parseHostfile(`a key=${key} # named\n`, 'hosts')[0]!.key).toBe(key);
  });

  it.each<[string, RegExp]>([
    ['a slots=0', /^hosts:1: slots=0: use a whole number of 1 or more$/],
    ['a\nb slots=two', /^hosts:2: slots=two: use a whole number/],
    ['a max-slots=2', /^hosts:1: 'max-slots=2': after the host come slots=N and key=KEY$/],
    ['a 4', /^hosts:1: '4': after the host come/],
    ['a key=two,words', /^hosts:1: key=two,words: neither a public key \(40 characters/],
    ['\n\na:70000', /^hosts:3: the host a:70000: use an address and a port/],
    ['a:b', /^hosts:1: the host a:b: use an address and a port/],
    ['udp://a:1', /^hosts:1: the host udp:\/\/a:1: use an address/],
    ['a:1\nb:1\ntcp://a:1', /^hosts:3: tcp:\/\/a:1 is there already, in line 1: one worker is one line/],
    ['# nothing\n', /^hosts: no hosts; write one a line/],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseHostfile(text, 'hosts')).toThrow(message);
    expect(() => parseHostfile(text, 'hosts')).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('that is not there is named', () => {
    expect(() => readHostfile('/nowhere/hosts')).toThrow(/the file of hosts \/nowhere\/hosts cannot be read/);
  });
});

describe('hosts on the command line', () => {
  it('have the default port unless they name one', () => {
    expect(parseHosts(['a', ' b:1 ']).map((h) => h.endpoint)).toEqual(['tcp://a:7100', 'tcp://b:1']);
    expect(() => parseHosts(['a', 'tcp://a:7100'])).toThrow(/--host names tcp:\/\/a:7100 twice/);
    expect(() => parseHosts([''])).toThrow(/--host : use an address and a port/);
  });

  it('give endpoints for other options too', () => {
    expect(endpointOf('tcp://127.0.0.1:0', '--listen')).toBe('tcp://127.0.0.1:0');
    expect(() => endpointOf('here and there', '--listen')).toThrow(/--listen here and there: use an address/);
  });
});
