/** The bytes of requests: this side of the golden files that `src/bridge/request.rs` reads. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Binary, deserialize, Long, Timestamp } from 'bson';
import { form, kind, Submission, type Request } from '../../../lib/bridge/request.ts';

/** Bytes of a submission's buffer. */
const CAPACITY = 256 * 1024;
const GOLDEN = path.join(import.meta.dirname, 'golden/requests.bin');

/** One of each kind. */
const REQUESTS: Array<[request: Request, slot: number, generation: number]> = [
  [{ kind: kind.COMMAND, hold: 3, database: 'admin', command: { ping: 1 } }, 1, 10],
  [
    {
      kind: kind.OPEN_CURSOR,
      hold: 3,
      database: 'größe',
      command: { find: 'c', filter: { x: 1.5 } },
      options: {
        readPreference: { mode: 'nearest', tags: [{ dc: 'ny' }], maxStalenessSeconds: 120 },
        batchSize: 100,
        maxTimeMS: 250,
        comment: 'why'
      }
    },
    2,
    20
  ],
  [{ kind: kind.GET_MORE, hold: 3, cursor: 77 }, 3, 30],
  [{ kind: kind.KILL_CURSOR, hold: 3, cursor: 78 }, 4, 40],
  [{ kind: kind.CLOSE, hold: 3 }, 5, 50],
  [{ kind: kind.ABORT, hold: 3 }, 1, 10],
  [
    {
      kind: kind.COMMAND,
      hold: 3,
      session: 9,
      retry: 'write',
      meta: true,
      inTransaction: true,
      database: 'admin',
      command: { insert: 'c' },
      options: {
        clusterTime: {
          clusterTime: new Timestamp({ t: 5, i: 1 }),
          signature: { hash: new Binary(Buffer.alloc(20)), keyId: new Long(0) }
        },
        unpin: true
      }
    },
    6,
    60
  ],
  [{ kind: kind.END_SESSION, hold: 3, session: 9 }, 0, 0],
  [{ kind: kind.CONNECT, hold: 3, database: 'admin', command: { hello: 1 } }, 7, 70],
  [
    {
      kind: kind.OPEN_CURSOR,
      hold: 3,
      database: 'd',
      command: { find: 'c' },
      json: form.PLAIN | form.WHOLE
    },
    8,
    80
  ],
  [{ kind: kind.GET_MORE, hold: 3, cursor: 79, json: form.RELAXED | form.LOSSY }, 9, 90],
  [{ kind: kind.TAKE_TEXT, hold: 3, cursor: 79 }, 10, 100],
  [
    {
      kind: kind.COMMAND,
      hold: 3,
      timeoutMS: 4999.5,
      own: true,
      database: 'db',
      command: { find: 'c' }
    },
    11,
    110
  ],
  [{ kind: kind.NEXT_TEXT, hold: 3, cursor: 5 }, 12, 120]
];

function collect(): { submission: Submission; sent: Array<{ bytes: Buffer; replies: number }> } {
  const sent: Array<{ bytes: Buffer; replies: number }> = [];
  const submission = new Submission((bytes, replies) => {
    sent.push({ bytes: Buffer.from(bytes), replies });
  });
  return { submission, sent };
}

describe('Submission', () => {
  it('writes the golden requests that the other side reads', () => {
    const { submission, sent } = collect();
    for (const request of REQUESTS) submission.append(...request);
    submission.flush();
    assert.equal(sent.length, 1);
    if (process.env['POLYPOOL_WRITE_GOLDEN']) writeFileSync(GOLDEN, sent[0]!.bytes);
    assert.deepEqual(sent[0]!.bytes, readFileSync(GOLDEN));
  });

  it('counts the requests that will be answered, which ends of operations and sessions are not', () => {
    const { submission, sent } = collect();
    for (const request of REQUESTS) submission.append(...request);
    submission.flush();
    assert.equal(sent[0]!.replies, 12);
  });

  it('sends what one tick brings together, microtasks included', async () => {
    const { submission, sent } = collect();
    submission.append(...REQUESTS[0]!);
    await Promise.resolve().then(() => submission.append(...REQUESTS[2]!));
    await new Promise(setImmediate);
    assert.deepEqual(
      sent.map(submitted => submitted.replies),
      [2]
    );
  });

  it('sends a request apart that a document of another one makes', () => {
    const { submission, sent } = collect();
    submission.append(...REQUESTS[0]!);
    const toBSON = () => {
      submission.append({ kind: kind.COMMAND, hold: 1, database: 'b', command: { b: 1 } }, 2, 2);
      return 5;
    };
    const command = { a: { toBSON } };
    submission.append({ kind: kind.COMMAND, hold: 1, database: 'a', command }, 1, 1);
    submission.flush();
    const slots = sent.map(({ bytes, replies }) => [bytes.readUInt32LE(8), replies]);
    assert.deepEqual(slots, [
      [1, 1],
      [2, 1],
      [1, 1]
    ]);
    assert.deepEqual(deserialize(sent[1]!.bytes.subarray(25)), { b: 1 });
    assert.deepEqual(deserialize(sent[2]!.bytes.subarray(25)), { a: 5 });
    for (const { bytes } of sent) assert.equal(bytes.readUInt32LE(0), bytes.length);
  });

  it('writes a request once, be it larger than its buffer', () => {
    const { submission, sent } = collect();
    let calls = 0;
    const toBSON = () => {
      calls++;
      return 'x'.repeat(CAPACITY * 2);
    };
    const command = { insert: { toBSON } };
    submission.append({ kind: kind.COMMAND, hold: 1, database: 'a', command }, 1, 1);
    submission.append(...REQUESTS[0]!);
    submission.flush();
    assert.equal(calls, 1);
    assert.equal(sent.length, 2);
  });

  it('sends a request larger than its buffer alone and after those before it', () => {
    const { submission, sent } = collect();
    const large = 'x'.repeat(1024 * 1024);
    submission.append(...REQUESTS[0]!);
    submission.append(
      { kind: kind.COMMAND, hold: 1, database: 'db', command: { insert: 'c', large } },
      9,
      1
    );
    assert.equal(sent.length, 2);
    const { bytes, replies } = sent[1]!;
    assert.equal(replies, 1);
    assert.equal(bytes.readUInt32LE(0), bytes.length);
    assert.equal(bytes.toString('utf8', 24, 26), 'db');
    assert.deepEqual(deserialize(bytes.subarray(26)), { insert: 'c', large });
  });

  it('sends early when half of its buffer is full', () => {
    const { submission, sent } = collect();
    const command = { insert: 'c', filler: 'x'.repeat(100 * 1024) };
    submission.append({ kind: kind.COMMAND, hold: 1, database: 'db', command }, 1, 1);
    assert.equal(sent.length, 0);
    submission.append({ kind: kind.COMMAND, hold: 1, database: 'db', command }, 2, 1);
    assert.equal(sent.length, 1);
    assert.equal(sent[0]!.replies, 2);
  });

  it('sends nothing of a command that cannot be serialised', () => {
    const { submission, sent } = collect();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    submission.append(...REQUESTS[0]!);
    assert.throws(() => submission.append({ kind: kind.COMMAND, hold: 1, command: cycle }, 2, 1), {
      name: 'BSONError'
    });
    submission.flush();
    assert.equal(sent[0]!.replies, 1);
  });
});
