/** JSON in one piece: half of an array is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { readJSON } = internal<typeof import('../../../lib/cursor/json.ts')>('cursor/json');

type Batches = Parameters<typeof readJSON>[0];
type Request = Parameters<typeof readJSON>[1];

/** A cursor whose one batch is `[1]`; `then` is told when that has been fetched. */
function batchesOf(then: (batches: Record<string, unknown>) => void): Batches {
  const batches = {
    killed: false,
    empty: false,
    interrupted: false,
    buffer: { length: 0 },
    fetchText: async () => {
      then(batches);
      return Buffer.from('[1]');
    }
  };
  return batches as unknown as Batches;
}

describe('readJSON', () => {
  it('fails when the cursor is closed between two batches', async () => {
    const batches = batchesOf(of => {
      const close = () => Object.assign(of, { empty: true, interrupted: true });
      // Behind the reader, who looks when this has ended.
      queueMicrotask(() => queueMicrotask(close));
    });
    await assert.rejects(readJSON(batches, {} as Request), { name: 'MongoCursorExhaustedError' });
  });

  it('gives what there was when the cursor has ended', async () => {
    const batches = batchesOf(of => (of['empty'] = true));
    assert.equal((await readJSON(batches, {} as Request)).toString(), '[1]');
  });
});
