/** What errors say may be done about them, whoever makes them: Rust's records, replies, bulk writes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Document } from 'bson';
import type { BulkWriteOptions, ClientSession } from 'mongodb';
import type { ClassifiedError, ErrorRecord, RetryPolicy } from '../../../lib/error.ts';
import { internal } from '../../support/internal.ts';
import { answering } from './answering.ts';
import { BARE } from './scope.ts';

const { classified, closedError, driverErrors, fromRecord, invalidArgument, PASSING_CODES } =
  internal<typeof import('../../../lib/error.ts')>('error');
const { OrderedBulkOperation } =
  internal<typeof import('../../../lib/bulk/ordered.ts')>('bulk/ordered');
const { SharedCursor } =
  internal<typeof import('../../../lib/change-streams/listener.ts')>('change-streams/listener');
const { ChunkSequence } =
  internal<typeof import('../../../lib/gridfs/chunk-sequence.ts')>('gridfs/chunk-sequence');
const { clientBulkWrite } = internal<typeof import('../../../lib/operations/client-bulk-write.ts')>(
  'operations/client-bulk-write'
);
const { executeCommand } =
  internal<typeof import('../../../lib/operations/execute.ts')>('operations/execute');
const { readProfilingLevel } = internal<
  typeof import('../../../lib/operations/profiling-level.ts')
>('operations/profiling-level');
const { readValidateCollection } = internal<
  typeof import('../../../lib/operations/validate-collection.ts')
>('operations/validate-collection');
const { throwIfRefused } =
  internal<typeof import('../../../lib/operations/write-errors.ts')>('operations/write-errors');

const LIMITS = { maxBsonObjectSize: 16 * 1024 * 1024, maxWriteBatchSize: 100_000 };
const SERVER = { ...LIMITS, maxMessageSizeBytes: 48_000_000, maxWireVersion: 25 };

/** What fails in each way; gives or throws the error, or promises to. */
type Way = () => unknown;

async function errorOf(way: Way): Promise<Partial<ClassifiedError>> {
  try {
    return (await way()) as Error;
  } catch (error) {
    return error as Error;
  }
}

function command(reply: Document, acknowledged?: boolean): Promise<Document> {
  const { bson, database } = BARE;
  const written = acknowledged === undefined ? {} : { acknowledged };
  return executeCommand(answering(reply).on, {
    ...{ database, command: { insert: 'c' }, bson },
    ...written
  });
}

function bulk(reply: Document, options?: BulkWriteOptions): Promise<unknown> {
  const bulk = new OrderedBulkOperation(answering(reply).on, BARE, options, LIMITS);
  return bulk.raw({ insertOne: { document: { a: 1 } } }).execute();
}

function clientBulk(reply: Document): Promise<unknown> {
  const { on } = answering(reply);
  const client = {
    ...{ hold: () => on.hold(), settings: BARE, limits: SERVER },
    connect: () => Promise.resolve(),
    withSession: async <T>(_: object, callback: (session: ClientSession) => Promise<T>) =>
      await callback(undefined as unknown as ClientSession)
  };
  const model = { name: 'insertOne', namespace: 'd.c', document: { a: 1 } } as const;
  return clientBulkWrite(client, [model], undefined);
}

/** As Rust sends one. */
function record(name: string, policy: RetryPolicy, others: object = {}): ErrorRecord & Document {
  return { class: name, message: 'no', policy, ...others };
}

const refused = { ok: 1, n: 0, writeErrors: [{ index: 0, code: 11000, errmsg: 'dup' }] };
const notDurable = { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: 'late' } };
const deposed = {
  ...{ ok: 1, n: 1, errorLabels: ['RetryableWriteError'] },
  writeConcernError: { code: 91, errmsg: 'shutting down' }
};
const stopping = { code: 91, errmsg: 'shutting down' };
const unlabelled = { ok: 1, n: 1, writeConcernError: stopping };
const results = {
  ...{ cursor: 0, meta: { nErrors: 1, nInserted: 0 } },
  documents: [{ ok: 0, idx: 0, code: 11000, errmsg: 'dup', n: 0 }]
};
const busy = record('MongoServerError', 'overload', {
  response: { ok: 0, code: 462, errmsg: 'busy', errorLabels: ['SystemOverloadedError'] }
});
const stepped = record('MongoServerError', 'retryable', {
  response: { ok: 0, code: 10107, errmsg: 'not primary' }
});

const WAYS: ReadonlyArray<[what: string, name: string, policy: RetryPolicy, way: Way]> = [
  ['a statement', 'MongoServerError', 'fatal', () => throwIfRefused(refused)],
  [
    'a statement, with a label',
    'MongoServerError',
    'retryable',
    () => throwIfRefused({ ok: 0, code: 91, errmsg: 'x', errorLabels: ['RetryableWriteError'] })
  ],
  [
    'a statement, with a code that passes',
    'MongoServerError',
    'retryable',
    () => throwIfRefused({ ok: 1, n: 0, writeErrors: [{ index: 0, ...stopping }] })
  ],
  ['a command', 'MongoServerError', 'retryable', () => command(stepped)],
  [
    'a numbered write',
    'MongoServerError',
    'fatal',
    () => command(record('MongoServerError', 'fatal', { response: { code: 20 } }), true)
  ],
  ['a write concern', 'MongoWriteConcernError', 'fatal', () => command(notDurable)],
  ['a write concern, with a label', 'MongoWriteConcernError', 'retryable', () => command(deposed)],
  [
    'a write concern, by its code',
    'MongoWriteConcernError',
    'retryable',
    () => command(unlabelled)
  ],
  ['a bulk write, by its code', 'MongoBulkWriteError', 'retryable', () => bulk(unlabelled)],
  ['a bulk write', 'MongoBulkWriteError', 'fatal', () => bulk(refused)],
  ['a bulk write not durable', 'MongoBulkWriteError', 'fatal', () => bulk(notDurable)],
  ['a bulk write, with a label', 'MongoBulkWriteError', 'retryable', () => bulk(deposed)],
  ['a bulk write, its command', 'MongoBulkWriteError', 'retryable', () => bulk(stepped)],
  ['a bulk write, overloaded', 'MongoBulkWriteError', 'overload', () => bulk(busy)],
  [
    'a bulk write, its connection',
    'MongoBulkWriteError',
    'retryable',
    () => bulk(record('MongoNetworkError', 'retryable'))
  ],
  [
    'a bulk write, its deadline',
    'MongoBulkWriteError',
    'fatal',
    () => bulk(record('MongoOperationTimeoutError', 'fatal'))
  ],
  ['a bulk write on a client', 'MongoClientBulkWriteError', 'fatal', () => clientBulk(results)],
  ['one, its command', 'MongoClientBulkWriteError', 'retryable', () => clientBulk(stepped)],
  ['one, overloaded', 'MongoClientBulkWriteError', 'overload', () => clientBulk(busy)],
  [
    'one, its connection',
    'MongoNetworkError',
    'retryable',
    () => clientBulk(record('MongoNetworkError', 'retryable'))
  ],
  [
    'a profiling level',
    'MongoUnexpectedServerResponseError',
    'fatal',
    () => readProfilingLevel({ was: 9 })
  ],
  [
    'a collection',
    'MongoUnexpectedServerResponseError',
    'fatal',
    () => readValidateCollection('c', { valid: false })
  ],
  [
    'a file',
    'MongoGridFSChunkError',
    'fatal',
    () => new ChunkSequence({ length: 8, chunkSize: 4 }, { start: 0, end: 0 }).finish()
  ],
  ['a closed pool', 'MongoNotConnectedError', 'fatal', () => closedError()],
  [
    'a slow listener',
    'SlowListenerError',
    'overload',
    async () => {
      const hub = { join: () => undefined, leave: () => undefined };
      const cursor = new SharedCursor(() => hub as never, 1);
      await cursor.tryNext();
      for (let i = 0; i < 2; i++) cursor.offer({ _id: i });
      await cursor.next();
      await cursor.next();
    }
  ],
  ...(
    [
      ['MongoNetworkError', 'retryable'],
      ['MongoNetworkTimeoutError', 'retryable'],
      ['MongoPoolClearedError', 'retryable'],
      ['MongoServerSelectionError', 'retryable'],
      ['MongoWaitQueueTimeoutError', 'overload'],
      ['PoolOverloadedError', 'overload'],
      ['CircuitOpenError', 'overload'],
      ['MongoOperationTimeoutError', 'fatal'],
      ['ShutdownTimeoutError', 'fatal'],
      ['MongoRuntimeError', 'fatal'],
      ['PolyPoolInternalError', 'fatal']
    ] as const
  ).map(([name, policy]): [string, string, RetryPolicy, Way] => [
    'a record',
    name,
    policy,
    () => fromRecord(record(name, policy))
  ])
];

describe('What may be done about an error', () => {
  for (const [what, name, policy, way] of WAYS) {
    it(`is said by that of ${what}: ${name}, ${policy}`, async () => {
      const error = await errorOf(way);
      assert.deepEqual(
        [error.name, error.retryPolicy, error.retryable],
        [name, policy, policy !== 'fatal']
      );
      assert.deepEqual(
        Object.keys(error).filter(key => key.startsWith('retry')),
        error.name === 'CircuitOpenError' ? ['retryAfterMS'] : []
      );
    });
  }

  it('is said by labels before the cause, and by the gravest of them', () => {
    const { MongoServerError } = driverErrors();
    const policy = (labels: string[], cause?: unknown): RetryPolicy | undefined => {
      const error: Partial<ClassifiedError> = classified(
        new MongoServerError({ errorLabels: labels }),
        cause
      );
      return error.retryPolicy;
    };
    const retryable = fromRecord(record('MongoNetworkError', 'retryable'));
    assert.equal(policy(['RetryableError', 'SystemOverloadedError'], retryable), 'overload');
    for (const label of ['RetryableError', 'RetryableWriteError', 'TransientTransactionError']) {
      assert.equal(policy([label], { retryPolicy: 'fatal' }), 'retryable', label);
    }
    assert.equal(policy([], retryable), 'retryable');
    for (const cause of [undefined, null, 'text', new Error('no policy')]) {
      assert.equal(policy(['Another'], cause), 'fatal');
    }
  });

  it('is said by codes as Rust says it', async () => {
    const source = await readFile('src/resilience/retry.rs', 'utf8');
    const [, codes] = /RETRYABLE_CODES: [^=]*=\s*\[([^\]]*)\]/.exec(source)!;
    assert.deepEqual(PASSING_CODES, codes!.split(',').map(Number));
  });

  it("is not said of a caller's error, which is made before anything is sent", () => {
    const error = invalidArgument('no') as Partial<ClassifiedError>;
    assert.deepEqual([error.retryable, error.retryPolicy], [undefined, undefined]);
  });
});
