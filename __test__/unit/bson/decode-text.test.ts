/** Batches that come as JSON: their layout is that of `src/codec/batch.rs`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize } from 'bson';
import { kind, Reply } from '../../../lib/bridge/completion.ts';
import { decodeText } from '../../../lib/bson/decode.ts';

const TEXT = '{"a":1},{"b":"ü"}';

function batch(meta?: object): Buffer {
  const text = Buffer.from(TEXT);
  const prefix = Buffer.alloc(12);
  prefix.writeUInt32LE(7, 0);
  prefix.writeUInt32LE(2, 4);
  prefix.writeUInt32LE(text.length, 8);
  return Buffer.concat([prefix, text, meta === undefined ? Buffer.alloc(0) : serialize(meta)]);
}

describe('A batch as JSON', () => {
  it('says where the next one is, how many documents it has, and their text', () => {
    const bytes = batch();
    const { cursor, count, text, meta } = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.deepEqual([cursor, count, String(text), meta], [7, 2, TEXT, undefined]);
  });

  it('carries what else the reply says', () => {
    const bytes = batch({ operationTime: 5 });
    const decoded = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.deepEqual([String(decoded.text), decoded.meta], [TEXT, { operationTime: 5 }]);
  });

  it('shares no memory with other replies, and copies none that is its own', () => {
    const bytes = batch();
    const slab = Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)]);
    const shared = decodeText(new Reply(kind.BATCH, slab, 100, 100 + bytes.length));
    assert.equal(String(shared.text), TEXT);
    assert.notEqual(shared.text.buffer, slab.buffer);
    const own = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.equal(own.text.buffer, bytes.buffer);
  });
});
