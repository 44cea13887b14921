/** Batches that come as JSON: their layout is that of `src/codec/batch.rs`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize } from 'bson';
import { kind, Reply } from '../../../lib/bridge/completion.ts';
import { KeptBatch } from '../../../lib/bridge/kept-batch.ts';
import { decodePiece, decodeText } from '../../../lib/bson/decode.ts';
import { KeptText } from '../../../lib/bson/kept-text.ts';

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
    assert.deepEqual([cursor, count, String(text as Buffer), meta], [7, 2, TEXT, undefined]);
  });

  it('carries what else the reply says', () => {
    const bytes = batch({ operationTime: 5 });
    const decoded = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.deepEqual([String(decoded.text as Buffer), decoded.meta], [TEXT, { operationTime: 5 }]);
  });

  it('shares no memory with other replies, and copies none that is its own', () => {
    const bytes = batch();
    const slab = Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)]);
    const shared = decodeText(new Reply(kind.BATCH, slab, 100, 100 + bytes.length));
    const text = shared.text as Buffer;
    assert.equal(String(text), TEXT);
    assert.notEqual(text.buffer, slab.buffer);
    const own = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.equal((own.text as Buffer).buffer, bytes.buffer);
  });

  it('of a large batch leaves the text in Rust, which is asked for a piece at a time', async () => {
    const { kept, dropped } = keptText(['{"a":1}', ',{"b":"ü"}']);
    const { cursor, count, meta, text } = decodeText(kept);
    assert.deepEqual([cursor, count, meta], [7, 2, { ok: 1 }]);
    assert.ok(text instanceof KeptText);
    assert.equal(text.left, 30);
    const pieces: string[] = [];
    while (text.left > 0) {
      const { left, piece } = decodePiece(await text.next());
      text.took(left);
      pieces.push(String(piece));
    }
    assert.deepEqual(pieces, ['{"a":1}', ',{"b":"ü"}']);
    text.drop();
    assert.equal(dropped(), 0, 'what was read is given up by Rust');
  });

  it('of a large batch is given up when nobody takes the rest', async () => {
    const { kept, dropped } = keptText(['{"a":1}', ',{"b":"ü"}']);
    const text = decodeText(kept).text as KeptText;
    text.took(decodePiece(await text.next()).left);
    text.drop();
    assert.deepEqual([text.left, dropped()], [0, 1]);
  });
});

/** A batch whose text is elsewhere, in pieces, and how often it was given up. */
function keptText(pieces: string[]) {
  let drops = 0;
  const calls = {
    read: () => assert.fail(),
    text: async () => pieceOf(pieces.shift()!, pieces.length),
    drop: () => (drops += 1)
  };
  const prefix = Buffer.alloc(16);
  [7, 2, 1, 30].forEach((number, i) => prefix.writeUInt32LE(number, i * 4));
  const bytes = Buffer.concat([prefix, serialize({ ok: 1 })]);
  const kept = new Reply(kind.KEPT, bytes, 0, bytes.length, new KeptBatch(calls, 1));
  return { kept, dropped: () => drops };
}

function pieceOf(text: string, left: number): Reply {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(left);
  const bytes = Buffer.concat([prefix, Buffer.from(text)]);
  return new Reply(kind.DOCUMENT, bytes, 0, bytes.length);
}
