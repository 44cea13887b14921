/** Documents of the latest bulk writes: how many stay, and for how long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { RecentDocuments } from '../../../lib/operations/recent-documents.ts';

const NO_GC = globalThis.gc === undefined && 'needs --expose-gc';

/** Keeps so many new documents; by their order. */
function keep(recent: RecentDocuments, count: number, among = 256): WeakRef<object>[] {
  return Array.from({ length: count }, (_, i) => {
    const document = { i };
    recent.keep(document, among);
    return new WeakRef(document);
  });
}

async function left(documents: readonly WeakRef<object>[]): Promise<unknown[]> {
  // What was looked at stays until the end of the turn.
  await setTimeout(0);
  globalThis.gc!();
  return documents.map(document => document.deref()).filter(document => document !== undefined);
}

describe('recent documents', { skip: NO_GC }, () => {
  it('are the last sixteen', async () => {
    const recent = new RecentDocuments();
    const documents = keep(recent, 40);
    const expected = Array.from({ length: 16 }, (_, i) => ({ i: 24 + i }));
    assert.deepEqual(await left(documents), expected);
    recent.keep({}, 256);
  });

  it('are not of small commands, whose documents may be large', async () => {
    const recent = new RecentDocuments();
    assert.deepEqual(await left(keep(recent, 3, 255)), []);
    recent.keep({}, 255);
  });

  it('are garbage after a second, and the next ones stay as long', async () => {
    const recent = new RecentDocuments();
    for (let turn = 0; turn < 2; turn++) {
      const documents = keep(recent, 3);
      assert.equal((await left(documents)).length, 3);
      await setTimeout(1_200);
      assert.deepEqual(await left(documents), []);
    }
  });
});
