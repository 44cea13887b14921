// Owns the operations of databases. Must not know how results are compared.

import type { Db, Document, RunCommandCursor } from 'mongodb';
import type { Arguments } from './arguments.ts';
import { openChangeStream, openCursor } from './cursor.ts';
import { CollectionResult, drain, type Verbs } from './operation.ts';

export const databaseVerbs: Verbs<'database'> = {
  aggregate: (on, given) => drain(on.aggregate(given.take('pipeline'), given.options())),
  createChangeStream: (on, given) => openChangeStream(on, given),
  createCollection: async (on, given) =>
    new CollectionResult(await on.createCollection(given.take('collection'), given.options())),
  createCommandCursor: (on, given) => openCursor(commandCursor(on, given)),
  dropCollection: async (on, given) => {
    await on.dropCollection(given.take('collection'), given.options());
  },
  drop: (on, given) => on.dropDatabase(given.options()),
  listCollectionNames: async (on, given) => {
    const filter = given.takeOptional<Document>('filter') ?? {};
    const options = { ...given.options(), nameOnly: true };
    return (await on.listCollections(filter, options).toArray()).map(({ name }) => name);
  },
  listCollections: (on, given) => {
    const filter = given.takeOptional<Document>('filter') ?? {};
    return drain(on.listCollections(filter, given.options()));
  },
  modifyCollection: (on, given) => {
    const collMod = given.take<string>('collection');
    const { session, timeoutMS, ...changes } = given.options();
    return on.command({ collMod, ...changes }, { session, timeoutMS });
  },
  runCommand: (on, given) => {
    const command = orderedCommand(given);
    return on.command(command, given.options());
  },
  runCursorCommand: (on, given) => drain(commandCursor(on, given))
};

/** The command with its name first, whatever the order in the file. */
function orderedCommand(given: Arguments): Document {
  const command = given.take<Document>('command');
  const name = given.takeOptional<string>('commandName');
  if (name === undefined || !(name in command)) return command;
  return { [name]: command[name], ...command };
}

function commandCursor(on: Db, given: Arguments): RunCommandCursor {
  const command = orderedCommand(given);
  const batchSize = given.takeOptional<number>('batchSize');
  const maxTimeMS = given.takeOptional<number>('maxTimeMS');
  const comment = given.takeOptional('comment');
  const cursor = on.runCursorCommand(command, given.options());
  if (batchSize !== undefined) cursor.setBatchSize(batchSize);
  if (maxTimeMS !== undefined) cursor.setMaxTimeMS(maxTimeMS);
  if (comment !== undefined) cursor.setComment(comment);
  return cursor;
}
