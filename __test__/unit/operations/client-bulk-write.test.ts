/** A client's bulk write: what is made of replies, their cursors, and of refusals. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { Long, type Document } from 'bson';
import type {
  AnyClientBulkWriteModel,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientSession,
  MongoClientBulkWriteError
} from 'mongodb';
import type { BulkWriter } from '../../../lib/operations/client-bulk-write.ts';
import type { Executor } from '../../../lib/operations/execute.ts';
import { internal } from '../../support/internal.ts';
import { answering, type BatchReply } from './answering.ts';
import { BARE } from './scope.ts';

const { clientBulkWrite } = internal<typeof import('../../../lib/operations/client-bulk-write.ts')>(
  'operations/client-bulk-write'
);

type Model = AnyClientBulkWriteModel<any>;

/** The driver's counterpart. */
const { ClientBulkWriteResultsMerger } = createRequire(import.meta.url)(
  'mongodb/lib/operations/client_bulk_write/results_merger'
) as {
  ClientBulkWriteResultsMerger: new (options: ClientBulkWriteOptions) => {
    merge(cursor: object): Promise<unknown>;
    readonly bulkWriteResult: ClientBulkWriteResult;
  };
};

const SERVER = {
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxWriteBatchSize: 3,
  maxMessageSizeBytes: 48_000_000,
  maxWireVersion: 25
};

/** A client without sessions. */
const client = (on: Executor, server: object = {}): BulkWriter => ({
  hold: () => on.hold(),
  settings: BARE,
  limits: { ...SERVER, ...server },
  connect: async () => undefined,
  withSession: async (_, callback) => await callback(undefined as unknown as ClientSession)
});

const run = (
  on: Executor,
  models: readonly Model[],
  options?: ClientBulkWriteOptions | null,
  server: object = {}
) => clientBulkWrite(client(on, server), models, options);

async function failure(promise: Promise<unknown>): Promise<MongoClientBulkWriteError> {
  return await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error as MongoClientBulkWriteError
  );
}

const namespace = 'd.a';
const insert = (_id: number): Model => ({ name: 'insertOne', namespace, document: { _id } });
const MODELS: readonly Model[] = [
  insert(1),
  { name: 'updateOne', namespace, filter: {}, update: { $set: { a: 1 } }, upsert: true },
  { name: 'deleteMany', namespace: 'd.b', filter: {} }
];

const COUNTS = { nErrors: 0, nInserted: 1, nMatched: 0, nModified: 0, nUpserted: 1, nDeleted: 4 };
const RESULTS: readonly [Document, Document, Document] = [
  { ok: 1, idx: 0, n: 1 },
  { ok: 1, idx: 1, n: 1, nModified: 0, upserted: { _id: 'u' } },
  { ok: 1, idx: 2, n: 4 }
];
const INSERTED = { nInserted: 3, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };

/** A reply that is the whole of a cursor. */
const reply = (
  documents: readonly Document[] = [],
  meta: Document = COUNTS,
  cursor = 0
): BatchReply => ({
  cursor,
  documents,
  meta
});
const refused = (idx: number) => ({ ok: 0, idx, code: 11000, errmsg: `dup ${idx}`, n: 0 });

const EXPECTED = {
  acknowledged: true,
  insertedCount: 1,
  upsertedCount: 1,
  matchedCount: 0,
  modifiedCount: 0,
  deletedCount: 4,
  insertResults: undefined,
  updateResults: undefined,
  deleteResults: undefined
};
const VERBOSE = {
  ...EXPECTED,
  insertResults: new Map([[0, { insertedId: 1 }]]),
  updateResults: new Map([
    [1, { matchedCount: 1, modifiedCount: 0, didUpsert: true, upsertedId: 'u' }]
  ]),
  deleteResults: new Map([[2, { deletedCount: 4 }]])
};

describe('A bulk write on a client', () => {
  it('gives the sums', async () => {
    const { on, commands } = answering(reply());
    assert.deepEqual(await run(on, MODELS), EXPECTED);
    assert.equal(commands[0]!['errorsOnly'], true);
  });

  it('gives each result when asked to', async () => {
    const { on } = answering(reply(RESULTS));
    assert.deepEqual(await run(on, MODELS, { verboseResults: true }), VERBOSE);
  });

  it('gives what the driver makes of the same replies', async () => {
    const upserts = [null, undefined, { _id: null }, { _id: 0 }].map((upserted, i) => ({
      ok: 1,
      idx: i,
      n: i,
      ...(i % 2 === 0 && { nModified: i }),
      ...(upserted !== undefined && { upserted })
    }));
    const updates: Model[] = upserts.map(() => MODELS[1]!);
    const merger = new ClientBulkWriteResultsMerger({ ordered: true, verboseResults: true });
    await merger.merge({
      operations: updates.map(() => ({ update: 0 })),
      response: {
        insertedCount: 1,
        upsertedCount: 1,
        matchedCount: 0,
        modifiedCount: 0,
        deletedCount: 4
      },
      async *[Symbol.asyncIterator]() {
        yield* upserts;
      }
    });
    const { on } = answering(reply(upserts));
    const result = await run(on, updates, { verboseResults: true }, { maxWriteBatchSize: 9 });
    assert.deepEqual(result, merger.bulkWriteResult);
  });

  it('reads results whatever the BSON options', async () => {
    const { on } = answering(reply(RESULTS));
    const options = { verboseResults: true, raw: true, promoteValues: false, useBigInt64: true };
    assert.deepEqual(await run(on, MODELS, options), VERBOSE);
  });

  it('reads the upserts’ ids by the BSON options', async () => {
    const upserted = { _id: Long.fromNumber(5) };
    const { on } = answering(reply([{ ok: 1, idx: 1, n: 1, nModified: 0, upserted }]));
    const result = await run(on, MODELS, { verboseResults: true, useBigInt64: true });
    assert.equal(result.updateResults?.get(1)?.upsertedId, 5n);
  });

  it('reads the whole cursor of results', async () => {
    const [first, second, third] = RESULTS;
    const { on, fetched, killed } = answering(
      reply([first], COUNTS, 8),
      reply([second], {}, 8),
      reply([third], {})
    );
    assert.deepEqual(await run(on, MODELS, { verboseResults: true }), VERBOSE);
    assert.deepEqual([fetched, killed], [[8, 8], []]);
  });

  it('goes on from batch to batch, with the index of each result among all', async () => {
    const results = [0, 1, 2].map(idx => ({ ok: 1, idx, n: 1 }));
    const rest = [0, 1].map(idx => ({ ok: 1, idx, n: 1 }));
    const { on, commands } = answering(
      reply(results, INSERTED),
      reply(rest, { ...INSERTED, nInserted: 2 })
    );
    const models = [1, 2, 3, 4, 5].map(insert);
    const result = await run(on, models, { verboseResults: true });
    assert.deepEqual(
      commands.map(command => (command['ops'] as unknown[]).length),
      [3, 2]
    );
    assert.equal(result.insertedCount, 5);
    assert.deepEqual([...result.insertResults!.keys()], [0, 1, 2, 3, 4]);
    assert.deepEqual(result.insertResults!.get(4), { insertedId: 5 });
  });

  it('stops at a refusal when ordered, and ends the cursor', async () => {
    const { on, commands, killed } = answering(
      reply([], INSERTED),
      reply([refused(1)], { ...INSERTED, nInserted: 1 }, 8)
    );
    const models = [1, 2, 3, 4, 5, 6, 7, 8].map(insert);
    const error = await failure(run(on, models));
    assert.deepEqual([error.name, commands.length, killed], ['MongoClientBulkWriteError', 2, [8]]);
    assert.equal(error.message, 'Mongo client ordered bulk write encountered a write error.');
    assert.deepEqual(error.writeErrors, new Map([[4, { code: 11000, message: 'dup 1' }]]));
    assert.equal(error.partialResult?.insertedCount, 4);
  });

  it('tells of all refusals at the end when unordered', async () => {
    const { on, commands } = answering(
      reply([refused(0)], { ...INSERTED, nInserted: 2 }),
      reply([refused(1)], { ...INSERTED, nInserted: 1 })
    );
    const error = await failure(run(on, [1, 2, 3, 4, 5].map(insert), { ordered: false }));
    assert.deepEqual([commands.length, [...error.writeErrors.keys()]], [2, [0, 4]]);
    assert.equal(error.message, 'Mongo client bulk write encountered errors during execution.');
    assert.equal(error.partialResult?.insertedCount, 3);
  });

  it('tells of write concerns that were not met at the end, also when ordered', async () => {
    const writeConcernError = { code: 91, errmsg: 'shutting down' };
    const { on, commands } = answering(
      reply([], { ...INSERTED, writeConcernError }),
      reply([], { ...INSERTED, nInserted: 1 })
    );
    const error = await failure(run(on, [1, 2, 3, 4].map(insert)));
    assert.equal(commands.length, 2);
    assert.deepEqual(error.writeConcernErrors, [{ code: 91, message: 'shutting down' }]);
    assert.equal(error.partialResult?.insertedCount, 4);
  });

  it('keeps what was written before a command failed as a whole', async () => {
    const response = { ok: 0, code: 8, errmsg: 'no' };
    const { on } = answering(reply([], INSERTED), {
      class: 'MongoServerError',
      message: 'no',
      response
    });
    const error = await failure(run(on, [1, 2, 3, 4].map(insert)));
    assert.equal(error.message, 'Mongo client bulk write encountered an error during execution');
    assert.deepEqual(
      [(error.cause as MongoClientBulkWriteError).code, error.partialResult?.insertedCount],
      [8, 3]
    );
  });

  it('keeps what it has read when the cursor of results fails', async () => {
    const response = { ok: 0, code: 8, errmsg: 'no' };
    const { on, killed } = answering(reply([RESULTS[0]], COUNTS, 8), {
      class: 'MongoServerError',
      message: 'no',
      response
    });
    const error = await failure(run(on, MODELS, { verboseResults: true }));
    assert.equal((error.cause as MongoClientBulkWriteError).code, 8);
    const { upsertedCount, insertResults } = error.partialResult!;
    assert.deepEqual([upsertedCount, insertResults], [1, VERBOSE.insertResults]);
    assert.deepEqual(killed, []);
  });

  it('fails as the network does', async () => {
    const { on } = answering({ class: 'MongoNetworkError', message: 'reset' });
    assert.equal((await failure(run(on, MODELS))).name, 'MongoNetworkError');
  });

  it('finds what is wrong with a later model when it gets there', async () => {
    const { on, commands } = answering(reply([], INSERTED));
    const wrong = { name: 'updateOne', namespace, filter: {}, update: { a: 1 } } as Model;
    const error = await failure(run(on, [...[1, 2, 3, 4].map(insert), wrong]));
    assert.deepEqual([error.name, commands.length], ['MongoAPIError', 1]);
  });

  it('asks for no answer when told to', async () => {
    const { on, commands } = answering();
    const options = { writeConcern: { w: 0 }, ordered: false } as const;
    const result = await run(on, [1, 2, 3, 4].map(insert), options);
    assert.deepEqual(commands[1]!['writeConcern'], { w: 0 });
    assert.deepEqual([commands.length, result.acknowledged, result.insertedCount], [2, false, 0]);
  });

  const invalid: Array<[string, unknown, ClientBulkWriteOptions, string, RegExp]> = [
    ['no models', [], {}, 'MongoClientBulkWriteExecutionError', /^No client bulk write models/],
    ['what is no list', {}, {}, 'MongoInvalidArgumentError', /^Argument "models"/],
    [
      'order without an answer',
      MODELS,
      { writeConcern: { w: 0 } },
      'MongoInvalidArgumentError',
      /^Cannot request unacknowledged write concern and ordered writes$/
    ],
    [
      'verbose results without an answer',
      MODELS,
      { writeConcern: { w: 0 }, ordered: false, verboseResults: true },
      'MongoInvalidArgumentError',
      /^Cannot request unacknowledged write concern and verbose results$/
    ]
  ];
  for (const [what, models, options, name, message] of invalid) {
    it(`is refused ${what}, before anything is asked of a server`, async () => {
      const { on, commands } = answering();
      const unasked = { ...client(on), connect: () => assert.fail('it was asked') };
      await assert.rejects(clientBulkWrite(unasked, models as Model[], options), { name, message });
      assert.equal(commands.length, 0);
    });
  }

  it('is refused before MongoDB 8.0', async () => {
    const { on, commands } = answering();
    const error = await failure(run(on, MODELS, null, { maxWireVersion: 24 }));
    assert.deepEqual([error.name, commands.length], ['MongoCompatibilityError', 0]);
    assert.match(error.message, /8\.0/);
  });
});
