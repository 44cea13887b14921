/** Commands that write one statement, and what is made of their replies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BARE, FULL } from './scope.ts';
import { internal } from '../../support/internal.ts';

const { deleteOperation, readDelete } =
  internal<typeof import('../../../lib/operations/delete.ts')>('operations/delete');
const { findOneAndUpdateOperation, readFindAndModify } = internal<
  typeof import('../../../lib/operations/find-and-modify.ts')
>('operations/find-and-modify');
const { insertOneOperation, readInsertOne } =
  internal<typeof import('../../../lib/operations/insert.ts')>('operations/insert');
const { readUpdate, updateOperation } =
  internal<typeof import('../../../lib/operations/update.ts')>('operations/update');

describe('insertOneOperation', () => {
  it('gives a document without _id one, on the very object', () => {
    const document: { a: number; _id?: unknown } = { a: 1 };
    const { operation, id } = insertOneOperation(BARE, document, undefined);
    assert.equal(document._id, id);
    assert.deepEqual(operation.command, { insert: 'c', documents: [document], ordered: true });
  });

  it('leaves the _id to the server when asked to', () => {
    const document = { a: 1 };
    const { id } = insertOneOperation(BARE, document, { forceServerObjectId: true });
    assert.deepEqual([id, document], [undefined, { a: 1 }]);
  });

  it('asks the factory of the pool for the _id', () => {
    const scope = { ...BARE, pkFactory: { createPk: () => 'made' } };
    assert.equal(insertOneOperation(scope, {}, undefined).id, 'made');
  });

  it('inherits the write concern, and prefers that of the operation', () => {
    const of = (options?: object): unknown =>
      insertOneOperation(FULL, { _id: 1 }, options).operation.command['writeConcern'];
    assert.deepEqual(of(), { w: 2, wtimeout: 100 });
    assert.deepEqual(of({ writeConcern: { w: 'majority', journal: true } }), {
      w: 'majority',
      j: true
    });
    assert.deepEqual(of({ w: 0 }), { w: 2, wtimeout: 100 }, 'beside writeConcern it has no effect');
  });

  it('refuses what is not a document', () => {
    assert.throws(() => insertOneOperation(BARE, null as never, undefined), {
      name: 'MongoInvalidArgumentError',
      message: /doc/
    });
  });
});

describe('readInsertOne', () => {
  const insert = insertOneOperation(BARE, { _id: 1 }, undefined);

  it('throws what the server said of the document', () => {
    const writeErrors = [{ index: 0, code: 11000, errmsg: 'E11000 dup', keyPattern: { a: 1 } }];
    assert.throws(() => readInsertOne(insert, { ok: 1, n: 0, writeErrors }), {
      name: 'MongoServerError',
      code: 11000,
      message: 'E11000 dup',
      keyPattern: { a: 1 }
    });
  });

  it('says that nobody answered for w: 0', () => {
    const unanswered = insertOneOperation(BARE, { _id: 1 }, { writeConcern: { w: 0 } });
    assert.deepEqual(readInsertOne(unanswered, { ok: 1 }), { acknowledged: false, insertedId: 1 });
  });
});

describe('updateOperation', () => {
  it('puts the options of a statement into the statement, and the others beside it', () => {
    const options = {
      upsert: true,
      hint: 'i',
      arrayFilters: [{ x: 1 }],
      collation: { locale: 'de' },
      sort: { a: -1 } as const,
      let: { v: 1 },
      bypassDocumentValidation: true,
      comment: 'k'
    };
    const { command } = updateOperation(BARE, {}, { q: 1 }, { $set: { a: 1 } }, options);
    assert.deepEqual(command, {
      update: 'c',
      updates: [
        {
          q: { q: 1 },
          u: { $set: { a: 1 } },
          upsert: true,
          hint: 'i',
          arrayFilters: [{ x: 1 }],
          collation: { locale: 'de' },
          sort: new Map([['a', -1]])
        }
      ],
      ordered: true,
      bypassDocumentValidation: true,
      let: { v: 1 },
      comment: 'k'
    });
  });

  it('leaves the sort out where all documents are updated', () => {
    const multi = { multi: true } as const;
    const { command } = updateOperation(BARE, multi, {}, { $set: { a: 1 } }, { sort: { a: 1 } });
    assert.deepEqual(command['updates'], [{ q: {}, u: { $set: { a: 1 } }, multi: true }]);
  });

  it('takes a pipeline', () => {
    const pipeline = [{ $set: { a: 1 } }];
    assert.deepEqual(updateOperation(BARE, {}, {}, pipeline, undefined).command['updates'], [
      { q: {}, u: pipeline }
    ]);
  });

  const replace = { replace: true } as const;
  const refused: Array<[string, () => unknown, string]> = [
    [
      'an update without operators',
      () => updateOperation(BARE, {}, {}, { a: 1 }, undefined),
      'Update document requires atomic operators'
    ],
    [
      'an empty pipeline',
      () => updateOperation(BARE, {}, {}, [], undefined),
      'Update document requires atomic operators'
    ],
    [
      'a replacement with operators',
      () => updateOperation(BARE, replace, {}, { $set: {} }, undefined),
      'Replacement document must not contain atomic operators'
    ],
    [
      'no filter',
      () => updateOperation(BARE, {}, null as never, { $set: {} }, undefined),
      'Selector must be a valid JavaScript object'
    ],
    [
      'no update',
      () => updateOperation(BARE, {}, {}, null as never, undefined),
      'Document must be a valid JavaScript object'
    ],
    [
      'operators that are all undefined and ignored',
      () => updateOperation(BARE, {}, {}, { $set: undefined }, { ignoreUndefined: true }),
      'Update operations require that all atomic operators have defined values, but none were provided.'
    ]
  ];
  for (const [what, build, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(build, { name: 'MongoInvalidArgumentError', message });
    });
  }
});

describe('readUpdate', () => {
  const update = updateOperation(BARE, {}, {}, { $set: { a: 1 } }, undefined);

  it('counts an upserted document as not matched', () => {
    const upserted = [{ index: 0, _id: 'new' }];
    assert.deepEqual(readUpdate(update, { ok: 1, n: 1, nModified: 0, upserted }), {
      acknowledged: true,
      modifiedCount: 0,
      upsertedId: 'new',
      upsertedCount: 1,
      matchedCount: 0
    });
  });

  it('has no counts when nobody answered', () => {
    const options = { writeConcern: { w: 0 } };
    const unanswered = updateOperation(BARE, {}, {}, { $set: { a: 1 } }, options);
    assert.deepEqual(readUpdate(unanswered, { ok: 1 }), {
      acknowledged: false,
      modifiedCount: undefined,
      upsertedId: null,
      upsertedCount: 0,
      matchedCount: undefined
    });
  });

  it('hands on an explanation', () => {
    const explain = updateOperation(BARE, {}, {}, { $set: { a: 1 } }, { explain: true });
    const reply = { ok: 1, queryPlanner: {} };
    assert.equal(readUpdate(explain, reply), reply);
  });
});

describe('deleteOperation', () => {
  it('limits a delete to one document, or not', () => {
    const limits = ([1, 0] as const).map(
      limit => deleteOperation(BARE, limit, { a: 1 }, undefined).command['deletes'] as unknown
    );
    assert.deepEqual(limits, [[{ q: { a: 1 }, limit: 1 }], [{ q: { a: 1 }, limit: 0 }]]);
  });

  it('reads how many were deleted', () => {
    const operation = deleteOperation(BARE, 0, {}, undefined);
    assert.deepEqual(readDelete(operation, { ok: 1, n: 3 }), {
      acknowledged: true,
      deletedCount: 3
    });
  });
});

describe('findOneAndUpdateOperation', () => {
  it('asks for the document after the update when told to', () => {
    const options = { returnDocument: 'after', projection: { a: 1 }, upsert: true } as const;
    const { command } = findOneAndUpdateOperation(BARE, { _id: 1 }, { $set: { a: 1 } }, options);
    assert.deepEqual(command, {
      findAndModify: 'c',
      query: { _id: 1 },
      remove: false,
      new: true,
      upsert: true,
      fields: { a: 1 },
      update: { $set: { a: 1 } }
    });
  });

  it('gives the document, null, or the whole reply', () => {
    const reply = { ok: 1, value: { a: 1 } };
    assert.deepEqual(readFindAndModify(reply, undefined), { a: 1 });
    assert.equal(readFindAndModify({ ok: 1 }, undefined), null);
    assert.equal(readFindAndModify(reply, { includeResultMetadata: true }), reply);
  });
});
