/** UTF-8 by our own code: what Node.js makes of it, or nothing. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { decodeUTF8 } = internal<typeof import('../../../lib/bson/utf8.ts')>('bson/utf8');

/** Bytes at which it changes what UTF-8 may go on with. */
const EDGES = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
  0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
];

function check(bytes: Buffer): void {
  const expected = isUtf8(bytes) ? bytes.toString() : undefined;
  if (decodeUTF8(bytes, 0, bytes.length) !== expected) assert.fail(bytes.toString('hex'));
}

describe('decodeUTF8', () => {
  it('reads every character', () => {
    for (let code = 0; code < 0x110000; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const text = `${String.fromCodePoint(code)}.`;
      const bytes = Buffer.from(text);
      if (decodeUTF8(bytes, 0, bytes.length) !== text) assert.fail(code.toString(16));
    }
  });

  it('reads what is UTF-8 and nothing else, at every edge', () => {
    for (const first of EDGES) {
      for (const second of EDGES) {
        check(Buffer.from([first, second]));
        for (const third of EDGES) {
          check(Buffer.from([first, second, third]));
          for (const fourth of EDGES) check(Buffer.from([first, second, third, fourth]));
        }
      }
    }
  });

  it('reads part of the bytes', () => {
    assert.equal(decodeUTF8(Buffer.from('äöü'), 2, 4), 'ö');
    assert.equal(decodeUTF8(Buffer.from('äöü'), 2, 3), undefined);
    assert.equal(decodeUTF8(Buffer.from('äöü'), 2, 2), '');
  });

  it('leaves a text that is long to others', () => {
    assert.equal(decodeUTF8(Buffer.from('ä'.repeat(3_000)), 0, 6_000), undefined);
  });
});
