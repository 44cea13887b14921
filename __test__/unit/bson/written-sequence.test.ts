/** Documents that are written where they are sent from: the same bytes as js-bson writes for the whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as library from 'bson';
import { deserialize, serialize, type Document } from 'bson';
import { internal } from '../../support/internal.ts';

const { WrittenSequence } =
  internal<typeof import('../../../lib/bson/written-sequence.ts')>('bson/written-sequence');

type Sequence = InstanceType<typeof WrittenSequence>;

const OPTIONS = { serializeFunctions: false, ignoreUndefined: false, checkKeys: false, library };
const HEAD = { insert: 'c', ordered: true };
/** What comes before a command in its request. */
const BEFORE = Buffer.from('before');

function written(documents: readonly Document[], expected = documents.length): Sequence {
  const sequence = new WrittenSequence('documents', expected);
  for (const document of documents) sequence.write(document, OPTIONS);
  return sequence;
}

/** The command around a sequence, put together in both ways. */
function commandsOf(sequence: Sequence, head: Document = HEAD): [Buffer, Buffer | undefined] {
  const bytes = serialize(head);
  const target = Buffer.concat([bytes, Buffer.alloc(sequence.size, 0xff)]);
  assert.equal(sequence.appendTo(target, 0, bytes.length), target.length);
  const enclosed = sequence.enclose(Buffer.concat([BEFORE, bytes]), BEFORE.length);
  assert.deepEqual(enclosed?.subarray(0, BEFORE.length) ?? BEFORE, BEFORE);
  return [target, enclosed?.subarray(BEFORE.length)];
}

describe('WrittenSequence', () => {
  for (const count of [0, 1, 10, 11, 101, 5_000]) {
    it(`writes ${count} documents as js-bson writes an array of them`, () => {
      const documents = Array.from({ length: count }, (_, i) => ({ i, text: 'ß'.repeat(i % 50) }));
      const expected = Buffer.from(serialize({ ...HEAD, documents }));
      const sequence = written(documents);
      assert.equal(sequence.count, count);
      assert.deepEqual(commandsOf(sequence), [expected, expected]);
    });
  }

  it('has room for more and larger documents than were expected', () => {
    const documents = [{ a: 1 }, { b: 'x'.repeat(200_000) }, { c: 'y'.repeat(3_000_000) }];
    const [copied, enclosed] = commandsOf(written(documents, 1));
    assert.deepEqual(deserialize(copied), { ...HEAD, documents });
    assert.deepEqual(enclosed, copied);
  });

  it('leaves a command that is larger than the room before it to be copied', () => {
    const head = { insert: 'c', comment: 'x'.repeat(2_000) };
    const [copied, enclosed] = commandsOf(written([{ a: 1 }]), head);
    assert.equal(enclosed, undefined);
    assert.deepEqual(deserialize(copied), { ...head, documents: [{ a: 1 }] });
  });

  it('gives its last document back, and goes on without it', () => {
    const sequence = written([{ a: 1 }]);
    const last = { b: 'x'.repeat(100) };
    assert.equal(sequence.write(last, OPTIONS as never), serialize(last).length);
    assert.deepEqual(deserialize(sequence.takeBack()), last);
    sequence.add(serialize({ c: 3 }));
    assert.deepEqual(deserialize(commandsOf(sequence)[0]), {
      ...HEAD,
      documents: [{ a: 1 }, { c: 3 }]
    });
  });

  it('is as before when a document can not be written', () => {
    const sequence = written([{ a: 1 }]);
    const circle: Document = { text: 'x'.repeat(50) };
    circle['self'] = circle;
    assert.throws(() => sequence.write(circle, OPTIONS));
    assert.equal(sequence.count, 1);
    assert.deepEqual(deserialize(commandsOf(sequence)[0]), { ...HEAD, documents: [{ a: 1 }] });
  });
});
