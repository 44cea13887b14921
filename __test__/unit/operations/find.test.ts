/** The `find` command: the driver's, element by element. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ObjectId } from 'bson';
import { BARE, elements, FULL } from './scope.ts';
import { internal } from '../../support/internal.ts';

const { findOneOperation, findOperation } =
  internal<typeof import('../../../lib/operations/find.ts')>('operations/find');

describe('findOneOperation', () => {
  it('asks for one document and no cursor', () => {
    assert.deepEqual(findOneOperation(BARE, { a: 1 }, undefined), {
      database: 'd',
      command: { find: 'c', filter: { a: 1 }, limit: 1, singleBatch: true },
      bson: BARE.bson,
      options: undefined,
      session: undefined,
      retry: 'read',
      timeoutMS: undefined,
      signal: undefined
    });
  });

  it('overrides a limit and keeps the other options', () => {
    const { command } = findOneOperation(BARE, {}, {
      limit: 7,
      sort: { a: -1 },
      skip: 2
    } as object);
    assert.deepEqual(elements(command), ['find', 'filter', 'sort', 'skip', 'limit', 'singleBatch']);
    assert.equal(command['limit'], 1);
  });

  it('inherits the read concern and the read preference', () => {
    const { command, options } = findOneOperation(FULL, {}, undefined);
    assert.deepEqual(command['readConcern'], { level: 'majority' });
    assert.deepEqual(options, { readPreference: { mode: 'secondary' } });
  });

  it('takes null for an option that is not given', () => {
    const options = { session: null, readConcern: null, readPreference: null, hint: null };
    const { command } = findOneOperation(FULL, {}, options as object);
    assert.deepEqual(command['readConcern'], { level: 'majority' });
    assert.equal('hint' in command, false);
  });

  it('sends no read preference when an operation asks for the primary', () => {
    assert.equal(findOneOperation(FULL, {}, { readPreference: 'primary' }).options, undefined);
  });

  it('takes an ObjectId for a filter on _id', () => {
    const id = new ObjectId();
    assert.deepEqual(findOneOperation(BARE, id, undefined).command['filter'], { _id: id });
  });

  for (const filter of ['a', 5, [], true]) {
    it(`refuses ${JSON.stringify(filter)} as a filter`, () => {
      assert.throws(() => findOneOperation(BARE, filter as object, undefined), {
        name: 'MongoInvalidArgumentError',
        message: 'Query filter must be a plain object or ObjectId'
      });
    });
  }

  it('refuses as a session what is none', () => {
    assert.throws(() => findOneOperation(BARE, {}, { session: {} } as object), {
      name: 'MongoInvalidArgumentError',
      message: /options\.session/
    });
  });
});

describe('findOperation', () => {
  it('writes a negative limit as a single batch', () => {
    const { command } = findOperation(BARE, {}, { limit: -3 });
    assert.deepEqual([command['limit'], command['singleBatch']], [3, true]);
  });

  it('asks for one document more than the limit when that is the batch size', () => {
    const { command } = findOperation(BARE, {}, { limit: 3, batchSize: 3 });
    assert.deepEqual([command['limit'], command['batchSize']], [3, 4]);
  });

  it('takes a negative batch size for a limit, as the driver does', () => {
    const { command } = findOperation(BARE, {}, { batchSize: -2 });
    assert.deepEqual(elements(command), ['find', 'filter', 'limit']);
  });

  it('sends the options of later batches along', () => {
    const { options } = findOperation(BARE, {}, { batchSize: 5, maxAwaitTimeMS: 9, comment: 'k' });
    assert.deepEqual(options, { batchSize: 5, maxTimeMS: 9, comment: 'k' });
  });

  it('says of a cursor that tails and awaits data that its batches wait, and of no other', () => {
    const tailing = { tailable: true, awaitData: true };
    const { options } = findOperation(BARE, {}, { ...tailing, batchSize: 5, maxAwaitTimeMS: 9 });
    assert.deepEqual(options, { batchSize: 5, maxTimeMS: 9, awaitData: true });
    assert.deepEqual(findOperation(BARE, {}, tailing).options, { awaitData: true });
    for (const other of [
      { tailable: true },
      { awaitData: true },
      { ...tailing, tailable: false }
    ]) {
      assert.equal(findOperation(BARE, {}, other).options, undefined);
    }
  });

  it('leaves the size of later batches to the server when the first is to be empty', () => {
    const { command, options } = findOperation(BARE, {}, { batchSize: 0 });
    assert.deepEqual([command['batchSize'], options], [0, undefined]);
  });

  it('turns lists of fields into projections and hints', () => {
    const options = { projection: ['a', 'b'], hint: ['a'] };
    const { command } = findOperation(BARE, {}, options);
    assert.deepEqual(command['projection'], { a: 1, b: 1 });
    assert.deepEqual(command['hint'], { a: 1 });
  });

  it('copies every other option under its name', () => {
    const options = {
      comment: 0,
      max: { a: 9 },
      min: { a: 1 },
      returnKey: false,
      showRecordId: true,
      tailable: true,
      awaitData: true,
      noCursorTimeout: true,
      allowPartialResults: true,
      allowDiskUse: false,
      let: { v: 1 },
      collation: { locale: 'de' },
      maxTimeMS: 50
    };
    const { command } = findOperation(BARE, {}, options);
    assert.deepEqual(command, { find: 'c', filter: {}, ...options });
  });

  it('ignores options it does not know', () => {
    const options = { lean: true, transform: () => 1, populate: {} };
    assert.deepEqual(elements(findOperation(BARE, {}, options as object).command), [
      'find',
      'filter'
    ]);
  });

  it('wraps the command that is to be explained', () => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the driver's deprecated option works, too
    const { command } = findOperation(BARE, { a: 1 }, { explain: true });
    assert.deepEqual(command, {
      explain: { find: 'c', filter: { a: 1 } },
      verbosity: 'allPlansExecution'
    });
  });
});
