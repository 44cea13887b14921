/** Documents that are bytes inside commands: the same bytes as js-bson writes for the whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deserialize, serialize, type Document } from 'bson';
import { internal } from '../../support/internal.ts';

const { documentOf, DocumentSequence, prepend, withDocument } =
  internal<typeof import('../../../lib/bson/encode.ts')>('bson/encode');

const PLAIN = { serializeFunctions: false, ignoreUndefined: false, checkKeys: false };

/** A command with documents in a sequence, as bytes. */
function spliced(command: Document, field: string, documents: readonly Document[]): Buffer {
  const sequence = new DocumentSequence(field);
  for (const document of documents) sequence.add(document, PLAIN);
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

  it('takes documents that are bytes', () => {
    const sequence = new DocumentSequence('documents');
    assert.equal(sequence.addBytes(serialize({ a: 1 })), serialize({ a: 1 }).length);
    const head = serialize({});
    const target = Buffer.alloc(head.length + sequence.size);
    target.set(head);
    sequence.appendTo(target, 0, head.length);
    assert.deepEqual(deserialize(target), { documents: [{ a: 1 }] });
  });

  it('honours the options of serialising', () => {
    const sequence = new DocumentSequence('documents');
    const size = sequence.add({ a: undefined }, { ...PLAIN, ignoreUndefined: true });
    assert.equal(size, serialize({}).length);
  });

  it('moves its last document to another sequence, where it is the first', () => {
    const [from, to] = [new DocumentSequence('d'), new DocumentSequence('d')];
    for (let i = 0; i < 11; i++) from.add({ i }, PLAIN);
    const before = from.size;
    from.moveLast(to);
    assert.deepEqual([from.count, to.count], [10, 1]);
    // The element moved from the key "10" to the key "0".
    assert.equal(before - from.size, to.size - new DocumentSequence('d').size + 1);
  });

  it('stays as it was when a document cannot be serialised', () => {
    const sequence = new DocumentSequence('documents');
    const cycle: Document = {};
    cycle['self'] = cycle;
    sequence.add({ a: 1 }, PLAIN);
    const { size } = sequence;
    assert.throws(() => sequence.add(cycle, PLAIN), { name: 'BSONError' });
    assert.deepEqual([sequence.count, sequence.size], [1, size]);
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
