/** The states of a cursor, on a hold that answers what the test says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize, type Document } from 'bson';
import type { Hold } from '../../../lib/bridge/pool.ts';
import { BARE } from '../operations/scope.ts';
import { internal } from '../../support/internal.ts';

const { kind, Reply } =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');
const { FindCursor } =
  internal<typeof import('../../../lib/cursor/find-cursor.ts')>('cursor/find-cursor');

type Reply = InstanceType<typeof Reply>;

const HANDLE = 7;

function batch(handle: number, documents: readonly Document[]): Reply {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(handle, 0);
  prefix.writeUInt32LE(documents.length, 4);
  const bytes = Buffer.concat([prefix, ...documents.map(document => serialize(document))]);
  return new Reply(kind.BATCH, bytes, 0, bytes.length);
}

function refusal(): Reply {
  const bytes = Buffer.from(
    serialize({ class: 'MongoServerError', message: 'no', response: { errmsg: 'no' } })
  );
  return new Reply(kind.ERROR, bytes, 0, bytes.length);
}

/** A cursor over replies, and what it asked the hold for. */
function cursorOver(...replies: Array<Reply | Promise<Reply>>) {
  const asked: string[] = [];
  const answer = (what: string): Promise<Reply> => {
    asked.push(what);
    return Promise.resolve(replies.shift() ?? assert.fail(`nothing answers ${what}`));
  };
  const hold = {
    openCursor: () => answer('open'),
    getMore: (handle: number) => answer(`more ${handle}`),
    killCursor: (handle: number) => {
      asked.push(`kill ${handle}`);
      return Promise.resolve(new Reply(kind.DONE, Buffer.alloc(0), 0, 0));
    }
  } as unknown as Hold;
  return { cursor: new FindCursor({ hold: () => hold }, BARE, {}), asked };
}

const ids = (documents: unknown[]): unknown[] =>
  documents.map(document => (document as Document | null)?.['_id']);

describe('A cursor', () => {
  it('gives a single batch as it is and asks for no other', async () => {
    const { cursor, asked } = cursorOver(batch(0, [{ _id: 1 }, { _id: 2 }]));
    assert.deepEqual(ids(await cursor.toArray()), [1, 2]);
    assert.deepEqual([asked, cursor.closed, cursor.killed], [['open'], true, false]);
  });

  it('puts batches together, empty ones among them', async () => {
    const { cursor, asked } = cursorOver(
      batch(HANDLE, []),
      batch(HANDLE, [{ _id: 1 }]),
      batch(HANDLE, []),
      batch(0, [{ _id: 2 }])
    );
    assert.deepEqual(ids(await cursor.toArray()), [1, 2]);
    assert.deepEqual(asked, ['open', 'more 7', 'more 7', 'more 7']);
  });

  it('can be opened without being read, once, whatever the first batch holds', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, []), batch(0, [{ _id: 1 }]));
    await cursor.cursorInit();
    await cursor.cursorInit();
    assert.deepEqual(asked, ['open']);
    assert.deepEqual(ids([await cursor.next()]), [1]);
    assert.deepEqual(asked, ['open', 'more 7']);
  });

  it('gives each document once to callers at the same time, in order', async () => {
    const { cursor, asked } = cursorOver(
      batch(HANDLE, [{ _id: 1 }]),
      batch(HANDLE, [{ _id: 2 }, { _id: 3 }]),
      batch(0, [{ _id: 4 }])
    );
    const documents = await Promise.all(Array.from({ length: 6 }, () => cursor.next()));
    assert.deepEqual(ids(documents), [1, 2, 3, 4, undefined, undefined]);
    assert.deepEqual(asked, ['open', 'more 7', 'more 7']);
  });

  it('says null after its end as often as it is asked, without asking the server', async () => {
    const { cursor, asked } = cursorOver(batch(0, []));
    assert.deepEqual(
      [await cursor.next(), await cursor.next(), await cursor.hasNext()],
      [null, null, false]
    );
    assert.deepEqual(asked, ['open']);
  });

  it('is killed on the server by an early close, and says so when read', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }, { _id: 2 }]));
    await cursor.next();
    await cursor.close();
    await cursor.close();
    assert.deepEqual([asked, cursor.killed], [['open', 'kill 7'], true]);
    await assert.rejects(cursor.next(), { name: 'MongoCursorExhaustedError' });
    assert.equal(await cursor.hasNext(), false);
  });

  it('kills what the server opened after it was closed', async () => {
    let open!: (reply: Reply) => void;
    const { cursor, asked } = cursorOver(new Promise<Reply>(resolve => (open = resolve)));
    const next = cursor.next();
    await cursor.close();
    open(batch(HANDLE, [{ _id: 1 }]));
    assert.equal(await next, null);
    assert.deepEqual(asked, ['open', 'kill 7']);
  });

  it('is closed at once, before the server knows', async () => {
    const { cursor } = cursorOver(batch(HANDLE, [{ _id: 1 }]));
    await cursor.next();
    const closing = cursor.close();
    assert.equal(cursor.closed, true);
    await closing;
  });

  it('announces its end once', async () => {
    const { cursor } = cursorOver(batch(0, [{ _id: 1 }]));
    let closed = 0;
    cursor.on('close', () => (closed += 1));
    await cursor.toArray();
    await cursor.close();
    assert.equal(closed, 1);
  });

  it('is over after an error, which callers at the same time all get', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }]), refusal());
    await cursor.next();
    const outcomes = await Promise.allSettled([cursor.next(), cursor.next()]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected']
    );
    assert.deepEqual([asked, cursor.closed], [['open', 'more 7', 'kill 7'], true]);
  });

  it('ends itself at its limit instead of asking for an empty batch', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }, { _id: 2 }]));
    assert.deepEqual(ids(await cursor.limit(2).toArray()), [1, 2]);
    assert.deepEqual(asked, ['open', 'kill 7']);
    assert.equal(await cursor.next(), null);
  });

  it('cannot be changed once it has started', async () => {
    const { cursor } = cursorOver(batch(0, []));
    await cursor.next();
    assert.throws(() => cursor.limit(1), { name: 'MongoCursorInUseError' });
    assert.throws(() => cursor.map(document => document as unknown), {
      name: 'MongoCursorInUseError'
    });
  });

  it('starts again after a rewind', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }]), batch(0, [{ _id: 2 }]));
    await cursor.next();
    cursor.rewind();
    assert.deepEqual([cursor.id, cursor.closed, cursor.killed], [undefined, false, false]);
    assert.deepEqual(ids(await cursor.toArray()), [2]);
    assert.deepEqual(asked, ['open', 'kill 7', 'open']);
  });

  it('is closed by leaving a loop over it', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }, { _id: 2 }]));
    for await (const document of cursor) {
      assert.equal((document as Document)['_id'], 1);
      break;
    }
    assert.deepEqual(asked, ['open', 'kill 7']);
  });

  it('closes when a transform throws, and throws that', async () => {
    const { cursor, asked } = cursorOver(batch(HANDLE, [{ _id: 1 }]));
    const mapped = cursor.map(() => {
      throw new TypeError('mine');
    });
    await assert.rejects(mapped.next(), { name: 'TypeError', message: 'mine' });
    assert.deepEqual(asked, ['open', 'kill 7']);
  });

  it('is closed by its signal, and rejects what waits', async () => {
    const abort = new AbortController();
    // Rust's answer to an operation that is taken back.
    const openCursor = ({ signal }: { signal: AbortSignal }): Promise<Reply> =>
      new Promise(resolve => {
        signal.addEventListener('abort', () => resolve(refusal()));
      });
    const hold = { openCursor } as unknown as Hold;
    const aborted = new FindCursor({ hold: () => hold }, BARE, {}, { signal: abort.signal });
    const next = aborted.next();
    abort.abort(new Error('enough'));
    await assert.rejects(next, { message: 'enough' });
    assert.equal(aborted.closed, true);
  });

  it('is not a promise', async () => {
    const { cursor } = cursorOver();
    assert.equal(await (cursor as unknown), cursor);
  });

  it('streams its documents and closes when the stream is destroyed', async () => {
    const { cursor, asked } = cursorOver(
      batch(HANDLE, [{ _id: 1 }, { _id: 2 }]),
      batch(HANDLE, [])
    );
    const seen: unknown[] = [];
    for await (const document of cursor.stream()) {
      seen.push(document);
      if (seen.length === 2) break;
    }
    assert.deepEqual(ids(seen), [1, 2]);
    assert.equal(asked.includes('kill 7'), true);
  });
});
