import { describe, expect, it } from 'vitest';
import { parseZapRequest } from '../../../../core/transport/zeromq/zap-request.js';

const KEY = Buffer.from('54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652', 'hex');
const VALID = ['1.0', '1', 'domain', '10.0.0.7', '', 'CURVE', KEY];
const frames = (changes: Record<number, string | Buffer> = {}, list: (string | Buffer)[] = VALID): Buffer[] =>
  list.map((frame, k) => Buffer.from((changes[k] ?? frame) as string));

describe('a request of RFC 27', () => {
  it('is read, field by field', () => {
    expect(parseZapRequest(frames())).toEqual({
      id: Buffer.from('1'),
      domain: 'domain',
      address: '10.0.0.7',
      mechanism: 'CURVE',
      key: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
    });
    const none = parseZapRequest(frames({}, ['1.0', '1', 'd', '::1', '', 'NULL']));
    expect(none).toMatchObject({ mechanism: 'NULL', key: null });
    const plain = parseZapRequest(frames({}, ['1.0', '1', 'd', '::1', '', 'PLAIN', 'user', 'password']));
    expect(plain).toMatchObject({ mechanism: 'PLAIN', key: null });
    const other = parseZapRequest(frames({}, ['1.0', '1', 'd', '::1', '', 'GSSAPI', 'principal']));
    expect(other).toMatchObject({ mechanism: 'GSSAPI', key: null });
    // Opaque, and of any bytes.
    expect(parseZapRequest(frames({ 1: Buffer.from([0, 255]), 4: Buffer.alloc(255) }))).toMatchObject({
      id: Buffer.from([0, 255]),
    });
  });

  it.each<[string, Buffer[], string]>([
    ['no frames', [], '0 frames'],
    ['too few frames', frames().slice(0, 5), '5 frames'],
    ['another version', frames({ 0: '1.1' }), 'version'],
    ['a long request id', frames({ 1: 'x'.repeat(256) }), 'request id of 256 bytes'],
    ['a long domain', frames({ 2: 'x'.repeat(256) }), 'its domain'],
    ['a domain with control characters', frames({ 2: 'a\nb' }), 'its domain'],
    ['a long address', frames({ 3: '1'.repeat(256) }), 'its address'],
    ['an address that is no text', frames({ 3: Buffer.from([0xff]) }), 'its address'],
    ['a long routing id', frames({ 4: 'x'.repeat(256) }), 'routing id of 256 bytes'],
    ['a mechanism that is no text', frames({ 5: 'CURVE\u0000' }), 'its mechanism'],
    ['a key of 31 bytes', frames({ 6: KEY.subarray(1) }), 'a key of 31 bytes'],
    ['a key of 33 bytes', frames({ 6: Buffer.concat([KEY, KEY]).subarray(0, 33) }), 'a key of 33 bytes'],
    ['no key', frames().slice(0, 6), '0 credentials with CURVE'],
    ['two keys', [...frames(), KEY], '2 credentials with CURVE'],
    ['credentials with NULL', frames({ 5: 'NULL' }), '1 credentials with NULL'],
    ['a user without a password', frames({ 5: 'PLAIN' }), '1 credentials with PLAIN'],
  ])('is refused: %s', (_, list, why) => {
    expect(parseZapRequest(list)).toContain(why);
  });
});
