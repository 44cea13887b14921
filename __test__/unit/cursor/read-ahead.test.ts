/** When a cursor asks for a batch before it is wanted, on a hold that answers what the test says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize, type Document } from 'bson';
import type { Hold } from '../../../lib/bridge/pool.ts';
import { BARE } from '../operations/scope.ts';
import { internal } from '../../support/internal.ts';

const { kind, Reply } =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');
const { KeptBatch } =
  internal<typeof import('../../../lib/bridge/kept-batch.ts')>('bridge/kept-batch');
const { FindCursor } =
  internal<typeof import('../../../lib/cursor/find-cursor.ts')>('cursor/find-cursor');

type Reply = InstanceType<typeof Reply>;

const HANDLE = 7;
const MEGABYTE = 1024 * 1024;

function batch(handle: number, ids: readonly number[]): Reply {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(handle, 0);
  prefix.writeUInt32LE(ids.length, 4);
  const bytes = Buffer.concat([prefix, ...ids.map(_id => serialize({ _id }))]);
  return new Reply(kind.BATCH, bytes, 0, bytes.length);
}

/** A batch of documents of a megabyte each that stays in Rust; `dropped` tells when it is given up. */
function large(handle: number, ids: readonly number[], dropped: number[] = []): Reply {
  const text = 'x'.repeat(MEGABYTE);
  const documents = ids.map(_id => serialize({ _id, text }));
  const read = (_: number, slab: Buffer): number => {
    const [next] = documents;
    if (next!.length > slab.length) return -next!.length;
    slab.set(documents.shift()!);
    return next!.length;
  };
  const prefix = Buffer.alloc(16);
  [handle, ids.length, 1, 0].forEach((value, i) => prefix.writeUInt32LE(value, i * 4));
  const calls = { read, text: () => assert.fail(), drop: () => dropped.push(ids[0]!) };
  const kept = new KeptBatch(calls, 1);
  return new Reply(kind.KEPT, prefix, 0, prefix.length, kept);
}

/** A cursor over replies, and what it asked the hold for. */
function cursorOver(replies: Reply[], options: object = {}, tellsOfCommands = false) {
  const asked: string[] = [];
  const answer = (what: string): Promise<Reply> => {
    asked.push(what);
    return Promise.resolve(replies.shift() ?? assert.fail(`nothing answers ${what}`));
  };
  const hold = {
    tellsOfCommands,
    openCursor: () => answer('open'),
    getMore: () => answer('more'),
    killCursor: () => {
      asked.push('kill');
      return Promise.resolve(new Reply(kind.DONE, Buffer.alloc(0), 0, 0));
    }
  } as unknown as Hold;
  return { cursor: new FindCursor({ hold: () => hold }, BARE, {}, options), asked };
}

const id = (document: unknown): unknown => (document as Document | null)?.['_id'];

describe('A cursor', () => {
  it('asks for the next batch while one is read, once its reader has come back for a second', async () => {
    const { cursor, asked } = cursorOver([
      batch(HANDLE, [1]),
      batch(HANDLE, [2, 3]),
      batch(0, [4])
    ]);
    assert.equal(id(await cursor.next()), 1);
    assert.deepEqual(asked, ['open']);
    assert.equal(id(await cursor.next()), 2);
    assert.deepEqual(asked, ['open', 'more', 'more']);
    assert.deepEqual([id(await cursor.next()), cursor.id?.toNumber()], [3, HANDLE]);
    assert.deepEqual([id(await cursor.next()), cursor.id?.toNumber()], [4, 0]);
    assert.equal(await cursor.next(), null);
    assert.deepEqual(asked, ['open', 'more', 'more']);
  });

  it('asks for the second batch when the first arrives, if all is wanted', async () => {
    const { cursor, asked } = cursorOver([batch(HANDLE, [1]), batch(HANDLE, [2]), batch(0, [3])]);
    assert.deepEqual((await cursor.toArray()).map(id), [1, 2, 3]);
    assert.deepEqual(asked, ['open', 'more', 'more']);
  });

  it('asks for the batch after a large one when that is nearly read', async () => {
    const ids = [2, 3, 4, 5];
    const { cursor, asked } = cursorOver([batch(HANDLE, [1]), large(HANDLE, ids), batch(0, [6])]);
    for (const expected of [1, 2, 3]) assert.equal(id(await cursor.next()), expected);
    assert.deepEqual(asked, ['open', 'more']);
    for (const expected of [4, 5]) assert.equal(id(await cursor.next()), expected);
    assert.deepEqual(asked, ['open', 'more', 'more']);
    assert.equal(id(await cursor.next()), 6);
  });

  it('asks for nothing ahead while somebody is told of commands', async () => {
    const replies = [batch(HANDLE, [1]), batch(HANDLE, [2]), batch(0, [3])];
    const { cursor, asked } = cursorOver(replies, {}, true);
    await cursor.next();
    await cursor.next();
    assert.deepEqual(asked, ['open', 'more']);
    assert.deepEqual((await cursor.toArray()).map(id), [3]);
  });

  for (const options of [{ tailable: true }, { batchSize: 1 }]) {
    it(`asks for nothing ahead with ${JSON.stringify(options)}`, async () => {
      const replies = [batch(HANDLE, [1]), batch(HANDLE, [2]), batch(HANDLE, [3])];
      const { cursor, asked } = cursorOver(replies, options);
      await cursor.next();
      await cursor.next();
      assert.deepEqual(asked, ['open', 'more']);
    });
  }

  it('asks for nothing beyond its limit', async () => {
    const { cursor, asked } = cursorOver([batch(HANDLE, [1]), batch(HANDLE, [2])], { limit: 2 });
    assert.deepEqual((await cursor.toArray()).map(id), [1, 2]);
    assert.deepEqual(asked, ['open', 'more', 'kill']);
  });

  it('tells of an error when the batch is wanted that it came for', async () => {
    const refusal = serialize({ class: 'MongoServerError', message: 'no', response: {} });
    const failed = new Reply(kind.ERROR, Buffer.from(refusal), 0, refusal.length);
    const { cursor } = cursorOver([batch(HANDLE, [1]), batch(HANDLE, [2, 3]), failed]);
    for (const expected of [1, 2, 3]) assert.equal(id(await cursor.next()), expected);
    await assert.rejects(cursor.next(), { name: 'MongoServerError' });
    assert.equal(cursor.closed, true);
  });

  it('is killed on the server, and gives up what comes, when it is closed meanwhile', async () => {
    const dropped: number[] = [];
    const replies = [batch(HANDLE, [1]), batch(HANDLE, [2, 3]), large(HANDLE, [4], dropped)];
    const { cursor, asked } = cursorOver(replies);
    await cursor.next();
    await cursor.next();
    await cursor.close();
    assert.deepEqual(asked, ['open', 'more', 'more', 'kill']);
    assert.deepEqual(dropped, [4]);
  });
});

describe('The documents of a large batch', () => {
  it('count as arrived before they are objects', async () => {
    const dropped: number[] = [];
    const { cursor } = cursorOver([large(0, [1, 2, 3], dropped)]);
    assert.equal(id(await cursor.next()), 1);
    assert.equal(cursor.bufferedCount(), 2);
    assert.deepEqual(cursor.readBufferedDocuments(1).map(id), [2]);
    assert.deepEqual(cursor.readBufferedDocuments().map(id), [3]);
    assert.deepEqual([dropped, cursor.bufferedCount()], [[], 0]);
  });

  it('are given up when the cursor starts again', async () => {
    const dropped: number[] = [];
    const { cursor } = cursorOver([large(0, [1, 2, 3], dropped), batch(0, [1])]);
    await cursor.next();
    cursor.rewind();
    assert.deepEqual(dropped, [1]);
    assert.deepEqual((await cursor.toArray()).map(id), [1]);
  });

  it('are buffers of their own with raw', async () => {
    const { cursor } = cursorOver([large(0, [1, 2])], { raw: true });
    const documents = (await cursor.toArray()) as Buffer[];
    assert.deepEqual(
      documents.map(document => [document.length > MEGABYTE, document.readInt32LE(0)]),
      documents.map(document => [true, document.length])
    );
  });
});
