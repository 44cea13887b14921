/** The commands of a client's bulk write: the driver's, and where one ends and the next begins. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { calculateObjectSize, deserialize, ObjectId, serialize, type Document } from 'bson';
import type { AnyClientBulkWriteModel, ClientBulkWriteOptions } from 'mongodb';
import { internal } from '../../support/internal.ts';
import { BARE, FULL } from './scope.ts';

const { ClientBatches } = internal<
  typeof import('../../../lib/operations/client-bulk-write-batch.ts')
>('operations/client-bulk-write-batch');

type Model = AnyClientBulkWriteModel<any>;

/** The driver's counterpart. */
interface DriverBuilder {
  buildBatch(message: number, batch: number, document: number): Record<string, unknown>;
  hasNextBatch(): boolean;
  isBatchRetryable: boolean;
}
const { ClientBulkWriteCommandBuilder } = createRequire(import.meta.url)(
  'mongodb/lib/operations/client_bulk_write/command_builder'
) as {
  ClientBulkWriteCommandBuilder: new (
    models: readonly Model[],
    options: ClientBulkWriteOptions
  ) => DriverBuilder;
};

const LIMITS = {
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxWriteBatchSize: 100_000,
  maxMessageSizeBytes: 48_000_000
};
const ADMIN = { ...BARE, database: 'admin' };
/** What the driver's executor adds to the options. */
const DEFAULTS = { ordered: true, bypassDocumentValidation: false, verboseResults: false };

/** Every command, with its statements inside, as the server reads it. */
function commands(
  models: readonly Model[],
  options: ClientBulkWriteOptions = {},
  limits = LIMITS,
  scope = ADMIN
): Document[] {
  const batches = new ClientBatches(scope, models, { ...DEFAULTS, ...options }, limits);
  const found: Document[] = [];
  for (let batch = batches.next(); batch; batch = batches.next()) {
    const { command, sequence, bson } = batch.operation;
    const head = serialize(command, bson.serialize);
    const bytes = Buffer.alloc(head.length + sequence!.size);
    bytes.set(head);
    sequence!.appendTo(bytes, 0, head.length);
    found.push(deserialize(bytes));
  }
  return found;
}

/** What the driver makes of the same. */
function driverCommands(
  models: readonly Model[],
  options: ClientBulkWriteOptions = {},
  limits = LIMITS
): Document[] {
  const builder = new ClientBulkWriteCommandBuilder(models, { ...DEFAULTS, ...options });
  const found: Document[] = [];
  while (builder.hasNextBatch()) {
    const { maxMessageSizeBytes, maxWriteBatchSize, maxBsonObjectSize } = limits;
    const command = builder.buildBatch(maxMessageSizeBytes, maxWriteBatchSize, maxBsonObjectSize);
    for (const field of ['ops', 'nsInfo']) {
      command[field] = (command[field] as { documents: Document[] }).documents;
    }
    found.push(deserialize(serialize(command)));
  }
  return found;
}

const opsOf = (found: readonly Document[]): number[] =>
  found.map(command => (command['ops'] as unknown[]).length);

const GIVEN = new ObjectId('5f0000000000000000000001');
const CYCLE: Document = {};
CYCLE['itself'] = CYCLE;
const filter = { _id: 1 };
const collation = { locale: 'de' };
const ONE_OF_EACH = (): Model[] => [
  { name: 'insertOne', namespace: 'd.a', document: { _id: 1, a: undefined, f: () => 1 } },
  { name: 'insertOne', namespace: 'd.b', document: { _id: GIVEN, n: 5n } },
  { name: 'updateOne', namespace: 'd.a', filter, update: { $set: { a: 1 } } },
  {
    name: 'updateOne',
    namespace: 'e.a',
    filter,
    update: [{ $set: { a: 1 } }],
    upsert: true,
    sort: { a: -1, b: 1 },
    hint: 'a_1',
    arrayFilters: [{ x: 1 }],
    collation
  },
  {
    name: 'updateMany',
    namespace: 'd.b',
    filter,
    update: { $set: { a: 1 } },
    hint: { a: 1 },
    arrayFilters: [{ x: 1 }],
    collation,
    upsert: false
  },
  { name: 'replaceOne', namespace: 'd.a', filter, replacement: { b: 1 } },
  {
    name: 'replaceOne',
    namespace: 'd.a',
    filter,
    replacement: {},
    upsert: true,
    hint: 'b_1',
    collation,
    sort: 'b'
  },
  { name: 'deleteOne', namespace: 'd.a', filter, hint: 'a_1', collation },
  { name: 'deleteMany', namespace: 'f.a', filter: {} }
];

describe('A command of a client’s bulk write', () => {
  const options: Array<[string, ClientBulkWriteOptions]> = [
    ['no options', {}],
    ['verbose results', { verboseResults: true }],
    ['any order', { ordered: false }],
    ['let and a comment', { let: { x: 1 }, comment: { why: 'test' } }],
    ['an empty comment', { comment: '' }],
    ['a bypass', { bypassDocumentValidation: true }]
  ];
  for (const [what, given] of options) {
    it(`is the driver's, with ${what}`, () => {
      assert.deepEqual(commands(ONE_OF_EACH(), given), driverCommands(ONE_OF_EACH(), given));
    });
  }

  it('has the write concern and the time limit beside that', () => {
    const [command] = commands(ONE_OF_EACH(), { maxTimeMS: 5 }, LIMITS, {
      ...FULL,
      database: 'admin'
    });
    assert.deepEqual([command!['writeConcern'], command!['maxTimeMS']], [FULL.writeConcern, 5]);
  });

  it('runs on the admin database, and its cursor’s batches carry the comment', () => {
    const batch = new ClientBatches(ADMIN, ONE_OF_EACH(), { comment: 'c' }, LIMITS).next();
    const { database, options: request } = batch!.operation;
    assert.deepEqual([database, request], ['admin', { comment: 'c' }]);
  });

  it('may be sent again unless a statement can change many documents', () => {
    const retries = ONE_OF_EACH().map(
      model => new ClientBatches(ADMIN, [model], {}, LIMITS).next()!.operation.retry
    );
    const many = ['updateMany', 'deleteMany'];
    assert.deepEqual(
      retries,
      ONE_OF_EACH().map(({ name }) => (many.includes(name) ? undefined : 'write'))
    );
  });

  it('gives documents without an _id one, by the factory if there is one', () => {
    const documents: Document[] = [{}, { _id: null }, { _id: 0 }];
    const models = documents.map((document): Model => ({
      name: 'insertOne',
      namespace: 'd.a',
      document
    }));
    let next = 7;
    commands(models, {}, LIMITS, { ...ADMIN, pkFactory: { createPk: () => next++ } });
    assert.deepEqual(documents, [{ _id: 7 }, { _id: 8 }, { _id: 0 }]);
  });
});

describe('The commands of a client’s bulk write', () => {
  const insert = (bytes: number, namespace = 'db.coll'): Model => ({
    name: 'insertOne',
    namespace,
    document: { _id: 1, a: 'b'.repeat(bytes) }
  });

  it('end with the largest number of statements', () => {
    const limits = { ...LIMITS, maxWriteBatchSize: 3 };
    const models = Array.from({ length: 7 }, () => insert(1));
    assert.deepEqual(opsOf(commands(models, {}, limits)), [3, 3, 1]);
    assert.deepEqual(commands(models, {}, limits), driverCommands(models, {}, limits));
  });

  it('begin anew with their namespaces', () => {
    const limits = { ...LIMITS, maxWriteBatchSize: 2 };
    const models = ['d.a', 'd.b', 'd.c', 'd.b', 'd.b'].map(ns => insert(1, ns));
    assert.deepEqual(
      commands(models, {}, limits).map(({ nsInfo, ops }) => [
        nsInfo,
        (ops as Document[]).map(op => op['insert'] as number)
      ]),
      [
        [
          [{ ns: 'd.a' }, { ns: 'd.b' }],
          [0, 1]
        ],
        [
          [{ ns: 'd.c' }, { ns: 'd.b' }],
          [0, 1]
        ],
        [[{ ns: 'd.b' }], [0]]
      ]
    );
  });

  it('stay below the size of a message, with room for the rest of the command', () => {
    const limits = { ...LIMITS, maxMessageSizeBytes: 10_000 };
    const models = Array.from({ length: 40 }, () => insert(500));
    const found = commands(models, {}, limits);
    assert.deepEqual(opsOf(found), [16, 16, 8]);
    assert.deepEqual(found, driverCommands(models, {}, limits));
    for (const command of found) assert.ok(calculateObjectSize(command) < 9_000 + 100);
  });

  it('count what a further namespace takes', () => {
    const models = [insert(500), insert(500), insert(1)];
    const [both] = commands(models.slice(0, 2), {}, LIMITS);
    const size = calculateObjectSize({ ops: both!['ops'], nsInfo: both!['nsInfo'] });
    const limits = { ...LIMITS, maxMessageSizeBytes: 1_000 + size + 100 };
    assert.deepEqual(opsOf(commands(models, {}, limits)), [3]);
    const large = insert(1, `db.${'c'.repeat(200)}`);
    assert.deepEqual(opsOf(commands([...models.slice(0, 2), large], {}, limits)), [2, 1]);
  });

  it('are no larger than the server lets one document be', () => {
    const limits = { ...LIMITS, maxBsonObjectSize: 1_000_000 };
    const models = Array.from({ length: 5 }, () => insert(400_000));
    assert.deepEqual(opsOf(commands(models, {}, limits)), [2, 2, 1]);
  });

  it('hold one statement of the largest size', () => {
    const limits = { ...LIMITS, maxBsonObjectSize: 1_000_000 };
    const empty = calculateObjectSize({ insert: 0, document: { _id: 1, a: '' } });
    const largest = insert(1_000_000 - empty);
    assert.deepEqual(opsOf(commands([largest, largest], {}, limits)), [1, 1]);
    assert.throws(() => commands([insert(1), insert(1_000_001 - empty)], {}, limits), {
      name: 'MongoInvalidArgumentError',
      message:
        'Client bulk write operation ops of length 1000001 exceeds the max bson object size of 1000000 (models[1])'
    });
  });

  const refused: Array<[what: string, model: any, name: string, message: RegExp]> = [
    ['no model', null, 'MongoInvalidArgumentError', /^models\[0\] must be an object$/],
    [
      'a model without a name',
      { namespace: 'd.a' },
      'MongoInvalidArgumentError',
      /^models\[0\]\.name is not/
    ],
    [
      'no document',
      { name: 'insertOne', namespace: 'd.a' },
      'MongoInvalidArgumentError',
      /^models\[0\]\.document must be an object$/
    ],
    [
      'an update without operators',
      { name: 'updateOne', namespace: 'd.a', filter, update: { a: 1 } },
      'MongoAPIError',
      /^Client bulk write update models must only contain atomic modifiers/
    ],
    [
      'an empty update',
      { name: 'updateMany', namespace: 'd.a', filter, update: {} },
      'MongoAPIError',
      /must not be empty\.$/
    ],
    [
      'a replacement with operators',
      { name: 'replaceOne', namespace: 'd.a', filter, replacement: { $set: {} } },
      'MongoAPIError',
      /^Client bulk write replace models must not contain atomic modifiers/
    ],
    [
      'what can’t be serialised',
      { name: 'insertOne', namespace: 'd.a', document: CYCLE },
      'MongoInvalidArgumentError',
      /^Could not serialize operation to BSON \(models\[0\]\)$/
    ]
  ];
  for (const [what, model, name, message] of refused) {
    it(`are refused ${what}`, () => {
      assert.throws(() => commands([model as Model]), { name, message });
    });
  }
});
