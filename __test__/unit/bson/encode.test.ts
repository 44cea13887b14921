/** Documents that are bytes inside commands: the same bytes as js-bson writes for the whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deserialize, serialize, type Document } from 'bson';
import { internal } from '../../support/internal.ts';

const { documentOf, DocumentSequence, prepend, withDocument } =
  internal<typeof import('../../../lib/bson/encode.ts')>('bson/encode');

/** A command with documents in a sequence, as bytes. */
function spliced(command: Document, field: string, documents: readonly Document[]): Buffer {
  const sequence = new DocumentSequence(field);
  for (const document of documents) sequence.add(serialize(document));
  const head = serialize(command);
  const target = Buffer.alloc(3 + head.length + sequence.size, 0xff);
  target.set(head, 3);
  const end = sequence.appendTo(target, 3, 3 + head.length);
  assert.equal(end, target.length);
  return target.subarray(3);
}

describe('DocumentSequence', () => {
  for (const count of [0, 1, 9, 10, 11, 100, 101, 1_234]) {
    it(`writes ${count} documents as js-bson writes an array of them`, () => {
      const documents = Array.from({ length: count }, (_, i) => ({
        _id: i,
        text: 'x'.repeat(i % 7)
      }));
      const expected = serialize({ insert: 'c', ordered: true, documents });
      assert.deepEqual(
        spliced({ insert: 'c', ordered: true }, 'documents', documents),
        Buffer.from(expected)
      );
    });
  }

  it('writes a field name and documents that are not ASCII', () => {
    const documents = [{ größe: 'ß' }];
    assert.deepEqual(
      spliced({ a: 1 }, 'größen', documents),
      Buffer.from(serialize({ a: 1, größen: documents }))
    );
  });

  it('takes over documents, and more behind them', () => {
    const documents = [serialize({ a: 1 })];
    const sequence = new DocumentSequence('documents', documents);
    sequence.add(serialize({ a: 2 }));
    const head = serialize({});
    const target = Buffer.alloc(head.length + sequence.size);
    target.set(head);
    sequence.appendTo(target, 0, head.length);
    assert.deepEqual(deserialize(target), { documents: [{ a: 1 }, { a: 2 }] });
    assert.equal(sequence.count, 2);
  });

  it('tells its size with one more document, whose key may have one more digit', () => {
    const sequence = new DocumentSequence('d');
    for (let i = 0; i < 12; i++) {
      const document = serialize({ i });
      const expected = sequence.sizeWith(document);
      sequence.add(document);
      assert.equal(sequence.size, expected);
    }
  });
});

describe('withDocument', () => {
  it('adds a document as the last element', () => {
    assert.deepEqual(
      Buffer.from(withDocument(serialize({ q: { a: 1 } }), 'u', serialize({ b: 2 }))),
      Buffer.from(serialize({ q: { a: 1 }, u: { b: 2 } }))
    );
  });
});

describe('prepend', () => {
  it('puts the elements of one document before those of another', () => {
    assert.deepEqual(
      Buffer.from(prepend(serialize({ _id: 'x' }), serialize({ a: 1 }))),
      Buffer.from(serialize({ _id: 'x', a: 1 }))
    );
  });
});

describe('documentOf', () => {
  it('makes a document of elements', () => {
    const whole = serialize({ a: 'b' });
    assert.deepEqual(Buffer.from(documentOf(whole.subarray(4, -1))), Buffer.from(whole));
  });
});
