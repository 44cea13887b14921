/** Batches that come as JSON: their layout is that of `src/codec/batch.rs`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize } from 'bson';
import { kind, Reply } from '../../../lib/bridge/completion.ts';
import { KeptBatch } from '../../../lib/bridge/kept-batch.ts';
import { decodeText } from '../../../lib/bson/decode.ts';
import { KeptText, wholeText } from '../../../lib/bson/kept-text.ts';

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
    assert.deepEqual([cursor, count, String(wholeText(text)), meta], [7, 2, TEXT, undefined]);
  });

  it('carries what else the reply says', () => {
    const bytes = batch({ operationTime: 5 });
    const decoded = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.deepEqual([String(wholeText(decoded.text)), decoded.meta], [TEXT, { operationTime: 5 }]);
  });

  it('shares no memory with other replies, and copies none that is its own', () => {
    const bytes = batch();
    const slab = Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)]);
    const shared = decodeText(new Reply(kind.BATCH, slab, 100, 100 + bytes.length));
    const text = wholeText(shared.text);
    assert.equal(String(text), TEXT);
    assert.notEqual(text.buffer, slab.buffer);
    const own = decodeText(new Reply(kind.BATCH, bytes, 0, bytes.length));
    assert.equal(wholeText(own.text).buffer, bytes.buffer);
  });

  it('of a large batch leaves the text in Rust, and takes it a piece at a time', () => {
    const { kept, read, dropped } = keptText();
    const decoded = decodeText(
      new Reply(kind.KEPT, kept.described, 0, kept.described.length, kept.batch)
    );
    assert.deepEqual([decoded.cursor, decoded.count, decoded.meta], [7, 2, { ok: 1 }]);
    assert.ok(decoded.text instanceof KeptText);
    assert.equal(decoded.text.length, TEXT.length);
    assert.equal(decoded.text.take(5).toString('latin1'), TEXT.slice(0, 5));
    assert.equal(wholeText(decoded.text).toString('latin1'), TEXT.slice(5));
    assert.deepEqual([decoded.text.length, read(), dropped()], [0, TEXT.length, 0]);
    decoded.text.drop();
    assert.equal(dropped(), 0, 'what was read is given up by Rust');
  });

  it('gives up text that nobody takes', () => {
    const { kept, dropped } = keptText();
    const { text } = decodeText(
      new Reply(kind.KEPT, kept.described, 0, kept.described.length, kept.batch)
    );
    (text as KeptText).drop();
    assert.deepEqual([text.length, dropped()], [0, 1]);
  });
});

/** A batch whose text is elsewhere, with how much of it was read, and how often it was given up. */
function keptText() {
  const bytes = Buffer.from(TEXT, 'latin1');
  let [at, drops] = [0, 0];
  const batch = new KeptBatch(
    {
      read: (_, piece) => {
        const written = bytes.copy(piece, 0, at);
        at += written;
        return written;
      },
      drop: () => (drops += 1)
    },
    1
  );
  const prefix = Buffer.alloc(16);
  [7, 2, 1, bytes.length].forEach((number, i) => prefix.writeUInt32LE(number, i * 4));
  const described = Buffer.concat([prefix, serialize({ ok: 1 })]);
  return { kept: { batch, described }, read: () => at, dropped: () => drops };
}
