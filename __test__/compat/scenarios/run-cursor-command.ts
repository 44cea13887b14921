// Owns what is compared of cursors over a command of the user's. Must not know how two outcomes are
// compared.

import type { RunCommandCursor } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seedNumbers } from './seed.ts';

/** A cursor over seven numbered documents, two in its first batch. */
function reading(run: (cursor: RunCommandCursor, on: Context) => unknown): Scenario {
  return async on => {
    await seedNumbers(on.collection, 7);
    const find = on.collection.collectionName;
    const cursor = on.db.runCursorCommand({ find, filter: {}, sort: { _id: 1 }, batchSize: 2 });
    try {
      return await run(cursor, on);
    } finally {
      await cursor.close();
    }
  };
}

export const RUN_CURSOR_COMMANDS: Scenarios = {
  'Db.runCursorCommand': {
    'gives what the command gives, batch by batch': reading(cursor => cursor.toArray()),
    'gives the error of its command': on =>
      on.all(
        () => on.db.runCursorCommand({ find: 'nothing', filter: 5 }).toArray(),
        () => on.db.runCursorCommand({ noSuchCommand: 1 }).next(),
        () => on.db.runCursorCommand({ ping: 1 }).next(),
        () => on.db.runCursorCommand({ ping: 1 }).toArray()
      ),
    'takes aggregations and lists': async on => {
      await seedNumbers(on.collection, 3);
      const { collectionName } = on.collection;
      const pipeline = [{ $match: { _id: { $gt: 0 } } }];
      return await on.all(
        () => on.db.runCursorCommand({ aggregate: collectionName, pipeline, cursor: {} }).toArray(),
        () => on.db.runCursorCommand({ listIndexes: collectionName, cursor: {} }).toArray(),
        async () => {
          const command = { listCollections: 1, filter: { name: collectionName }, nameOnly: true };
          return await on.db.runCursorCommand(command).toArray();
        }
      );
    },
    'reads documents as its options say, and inherits none': async on => {
      await seedNumbers(on.collection, 1);
      const find = on.collection.collectionName;
      const db = on.client.db(on.db.databaseName, { promoteValues: false });
      return await on.all(
        () => db.runCursorCommand({ find }).toArray(),
        () => on.db.runCursorCommand({ find }, { promoteValues: false }).toArray()
      );
    },
    'holds a copy of the command': on => {
      const command = { find: 'x' };
      const cursor = on.db.runCursorCommand(command);
      return [cursor.command, Object.isFrozen(cursor.command), (cursor.command as any) === command];
    }
  },
  'RunCommandCursor.setBatchSize': {
    'is for the batches after the first': reading(cursor => cursor.setBatchSize(3).toArray())
  },
  'RunCommandCursor.setComment': {
    'is for the batches after the first': reading(cursor => cursor.setComment({ why: 1 }).toArray())
  },
  'RunCommandCursor.setMaxTimeMS': {
    'is for the batches after the first': async on => {
      const name = `${on.collection.collectionName}capped`;
      const log = await on.db.createCollection(name, { capped: true, size: 4_096 });
      await log.insertOne({ _id: 1 } as any);
      const command = { find: name, tailable: true, awaitData: true };
      const cursor = on.db
        .runCursorCommand(command, { tailable: true, awaitData: true })
        .setMaxTimeMS(50);
      const seen = [await cursor.next(), await cursor.tryNext()];
      await cursor.close();
      return seen;
    }
  },
  'RunCommandCursor.clone': {
    'is refused': on => on.settled(() => on.db.runCursorCommand({ ping: 1 }).clone())
  },
  'RunCommandCursor.withReadConcern': {
    'is refused': on =>
      on.settled(() => on.db.runCursorCommand({ ping: 1 }).withReadConcern('local'))
  },
  'RunCommandCursor.addCursorFlag': {
    'is refused': on =>
      on.settled(() => on.db.runCursorCommand({ ping: 1 }).addCursorFlag('tailable', true))
  },
  'RunCommandCursor.maxTimeMS': {
    'is refused': on => on.settled(() => on.db.runCursorCommand({ ping: 1 }).maxTimeMS(5))
  },
  'RunCommandCursor.batchSize': {
    'is refused': on => on.settled(() => on.db.runCursorCommand({ ping: 1 }).batchSize(5))
  },
  'AbstractCursor.loadBalanced': { 'is false': on => on.collection.find().loadBalanced }
};
