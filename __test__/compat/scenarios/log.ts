// Owns the scenarios about log messages: the same components, severities, words and fields, in the
// same order within a component.

import type { Document, Log, MongoClientOptions } from 'mongodb';
import type { Context, Scenarios } from '../both.ts';

/** Fields whose values differ from run to run or from connection to connection; their types are compared. */
const VOLATILE: ReadonlySet<string> = new Set([
  't',
  'requestId',
  'driverConnectionId',
  'serverConnectionId',
  'topologyId',
  'durationMS',
  'remainingTimeMS',
  // The driver says so of a hello that is not, when the next one will be.
  'awaited'
]);

/** Fields of EJSON; what is in them, the scenarios of events compare. */
const DOCUMENTS = [
  'command',
  'reply',
  'topologyDescription',
  'previousDescription',
  'newDescription'
];

type Severities = NonNullable<MongoClientOptions['mongodbLogComponentSeverities']>;

/** What is logged while `run` uses a client of these severities, from connecting to closing. */
async function logged(
  on: Context,
  severities: Severities,
  run: (db: ReturnType<Context['client']['db']>) => Promise<unknown>,
  options: MongoClientOptions = {}
): Promise<object[]> {
  const messages: object[] = [];
  const client = on.open({
    mongodbLogComponentSeverities: severities,
    mongodbLogPath: { write: log => messages.push(picture(log)) },
    ...options
  });
  await client.connect();
  await run(client.db(on.db.databaseName));
  await client.close();
  return messages;
}

function picture(log: Log): object {
  const fields = Object.entries(log).map(([name, value]: [string, unknown]) => {
    if (VOLATILE.has(name)) return [name, value instanceof Date ? 'Date' : typeof value];
    // How the driver's functions for selecting are called is nobody's business.
    if (name === 'selector') return [name, typeof value];
    if (DOCUMENTS.includes(name)) return [name, [typeof value, (value as string).slice(0, 1)]];
    // A place in the eyes of the comparison, if it had its name.
    return [name === 'databaseName' ? 'database' : name, value];
  });
  return Object.fromEntries(fields.sort(([a], [b]) => (a! < b! ? -1 : 1))) as object;
}

const ping = async (db: { command(command: Document): Promise<Document> }): Promise<void> => {
  await db.command({ ping: 1 });
};

export const LOGS: Scenarios = {
  'MongoClient log': {
    'has commands': async on => {
      return await logged(on, { command: 'debug' }, async db => {
        await db.collection<any>(on.collection.collectionName).insertOne({ _id: 1 });
        await on.settled(() => db.command({ nonsense: 1 }));
        await on.settled(() => db.command({ createUser: 'u', pwd: 'secret', roles: [] }));
        await db.command({ dropUser: 'u' });
      });
    },
    'has connections': async on => await logged(on, { connection: 'debug' }, ping),
    'has server selection': async on => {
      const messages = await logged(on, { serverSelection: 'debug' }, async db => {
        const collection = db.collection<any>(on.collection.collectionName);
        await collection.insertOne({ _id: 1 });
        await collection.find({}, { readPreference: 'secondaryPreferred' }).toArray();
      });
      // The end of sessions is no operation of polypool's.
      return (messages as Log[]).filter(({ operation }) => operation !== 'endSessions');
    },
    'has a selection that fails': async on => {
      const messages: object[] = [];
      const client = on.open({
        mongodbLogComponentSeverities: { serverSelection: 'debug' },
        mongodbLogPath: { write: log => messages.push(picture(log)) },
        replicaSet: 'another',
        serverSelectionTimeoutMS: 50
      });
      await on.settled(() => client.connect());
      return messages.map(message => (message as Log).message);
    },
    'has what the default is, too': async on => {
      const messages = await logged(
        on,
        { default: 'debug', topology: 'off', command: 'info' },
        ping
      );
      return [...new Set((messages as Log[]).map(({ c, s }) => `${c} ${s}`))].sort();
    },
    'has nothing of what is less severe than asked for': async on => {
      return await logged(on, { default: 'notice' }, ping);
    },
    'is cut where it is too long': async on => {
      const messages: Log[] = [];
      const client = on.open({
        mongodbLogComponentSeverities: { command: 'debug' },
        mongodbLogMaxDocumentLength: 20,
        mongodbLogPath: { write: log => messages.push(log) }
      });
      await client.db(on.db.databaseName).command({ ping: 1, comment: 'x'.repeat(50) });
      return messages.map(({ command, reply }) => [
        (command as string | undefined)?.length,
        (reply as string | undefined)?.length
      ]);
    },
    'refuses what it can not use': async on =>
      (
        await on.all(
          () => on.open({ mongodbLogPath: 'nowhere' as 'stderr' }),
          () => on.open({ mongodbLogPath: {} as { write(): void } }),
          () => on.open({ mongodbLogComponentSeverities: 5 as Severities }),
          () =>
            on.open({
              mongodbLogComponentSeverities: { command: 'loud' } as unknown as Severities
            }),
          () =>
            on.open({ mongodbLogComponentSeverities: { mouse: 'debug' } as unknown as Severities }),
          () => on.open({ mongodbLogMaxDocumentLength: -1 })
        )
      ).map(settled => ('thrown' in settled ? (settled.thrown as Error).name : settled))
  }
};
