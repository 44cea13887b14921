/** The `aggregate` that opens a change stream: the driver's, element by element. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChangeStreamOptions } from 'mongodb';
import { Timestamp } from 'bson';
import type { Watched } from '../../../lib/operations/watch.ts';
import { internal } from '../../support/internal.ts';
import { BARE, elements, FULL } from './scope.ts';

const { watchOperation, watchPipeline } =
  internal<typeof import('../../../lib/operations/watch.ts')>('operations/watch');

const COLLECTION: Watched = { scope: BARE, collection: 'c' };

function stage(options: object, watched = COLLECTION): unknown {
  return watchPipeline(watched, [], options)[0]!['$changeStream'];
}

function operation(options: ChangeStreamOptions = {}, watched = COLLECTION) {
  return watchOperation(watched, watchPipeline(watched, [], options), options);
}

describe('watchPipeline', () => {
  it("puts the stream's stage before the user's", () => {
    const $match = { operationType: 'insert' };
    assert.deepEqual(watchPipeline(COLLECTION, [{ $match }], {}), [
      { $changeStream: {} },
      { $match }
    ]);
  });

  it('gives the stage the options that are its own, in the order they were given', () => {
    const options = {
      startAfter: { _data: '1' },
      fullDocument: 'updateLookup',
      showExpandedEvents: true,
      fullDocumentBeforeChange: 'required',
      startAtOperationTime: new Timestamp({ t: 1, i: 1 }),
      resumeAfter: { _data: '2' }
    };
    assert.deepEqual(stage(options), options);
    assert.deepEqual(elements(stage(options) as object), Object.keys(options));
  });

  it("keeps the driver's other options from it", () => {
    const options = {
      batchSize: 5,
      maxAwaitTimeMS: 100,
      maxTimeMS: 100,
      collation: { locale: 'de' },
      comment: 'why',
      readConcern: { level: 'majority' },
      readPreference: 'secondary',
      writeConcern: { w: 1 },
      session: null,
      allowDiskUse: true,
      hint: 'a_1',
      let: {},
      raw: false,
      promoteLongs: false,
      useBigInt64: true,
      timeoutMS: 5
    };
    assert.deepEqual(stage(options), {});
  });

  it('leaves to the server what nobody knows', () => {
    assert.deepEqual(stage({ later: 1 }), { later: 1 });
  });

  it('asks for every database when a deployment is watched', () => {
    const cluster = { scope: { ...BARE, database: 'admin' }, cluster: true };
    assert.deepEqual(stage({ fullDocument: 'required' }, cluster), {
      fullDocument: 'required',
      allChangesForCluster: true
    });
  });
});

describe('watchOperation', () => {
  it('runs on the collection and wants all that the replies say', () => {
    const { database, command, meta, options, retry } = operation();
    const aggregate = { aggregate: 'c', pipeline: [{ $changeStream: {} }], cursor: {} };
    assert.deepEqual([database, command], ['d', aggregate]);
    assert.deepEqual(
      { meta, options, retry },
      {
        meta: true,
        options: { awaitData: true },
        retry: 'read'
      }
    );
  });

  it('runs on the database when no collection is named', () => {
    assert.equal(operation({}, { scope: BARE })['command']['aggregate'], 1);
    assert.equal(operation({}, { scope: BARE, collection: '' })['command']['aggregate'], 1);
  });

  it('says how long the server may wait in each getMore, not in the first command', () => {
    const { command, options } = operation({ batchSize: 3, maxAwaitTimeMS: 250, comment: 'why' });
    assert.deepEqual(options, { batchSize: 3, maxTimeMS: 250, comment: 'why', awaitData: true });
    assert.deepEqual(elements(command), ['aggregate', 'pipeline', 'comment', 'cursor']);
    assert.deepEqual(command['cursor'], { batchSize: 3 });
  });

  it('inherits the read concern and the read preference, and no write concern', () => {
    const { command, options } = operation({}, { scope: FULL, collection: 'c' });
    assert.deepEqual(elements(command), ['aggregate', 'pipeline', 'cursor', 'readConcern']);
    assert.deepEqual(options, { readPreference: { mode: 'secondary' }, awaitData: true });
  });

  it('takes its own over what it inherits', () => {
    const own = {
      readPreference: 'nearest',
      readConcern: { level: 'local' },
      maxTimeMS: 9
    } as const;
    const { command, options } = operation(own, { scope: FULL, collection: 'c' });
    assert.deepEqual([command['readConcern'], command['maxTimeMS']], [{ level: 'local' }, 9]);
    assert.deepEqual(options?.readPreference, { mode: 'nearest' });
  });
});
