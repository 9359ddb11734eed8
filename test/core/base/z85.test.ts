import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z85Decode, z85Encode } from '../../../core/base/z85.js';

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

describe('Z85', () => {
  // The examples of ZeroMQ RFC 32 and of the manual of zmq_curve.
  it.each([
    ['864fd26fb559f75b', 'HelloWorld'],
    [
      'bb88471d65e2659b30c55a5321cebb5aab2b70a398645c26dca2b2fcb43fc518',
      'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
    ],
    [
      '7bb864b489afa3671fbe69101f94b38972f24816dfb01b51656b3fec8dfd0888',
      'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
    ],
    [
      '54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652',
      'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
    ],
    [
      '8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7',
      'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
    ],
    ['ffffffff', '%nSc0'],
    ['', ''],
  ])('%s is %s', (bytes, text) => {
    expect(z85Encode(hex(bytes))).toBe(text);
    expect(z85Decode(text)).toEqual(hex(bytes));
  });

  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 32 - 1), { maxLength: 9 }), (words) => {
        const bytes = new Uint8Array(Uint32Array.from(words).buffer);
        expect(z85Decode(z85Encode(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each(['Hello World'.slice(0, 10), 'Hell', 'Hell"', 'Hellé', '%nSc1', '#####', 'Hell\\'])(
    'refuses %s',
    (text) => {
      expect(z85Decode(text)).toBeNull();
    },
  );
});
