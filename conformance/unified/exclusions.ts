// Owns the table of what is deliberately not tested: features that the client does not have, told by
// what a test uses, never by its name. Must not know how tests run.

import type { Document } from 'mongodb';
import type { EntityDescription, Operation, UnifiedFile, UnifiedTest } from './format/file.ts';

/** What a test uses, wherever in it. */
interface Usage {
  readonly operations: readonly Operation[];
  readonly entities: readonly EntityDescription[];
  readonly test: UnifiedTest;
}

interface Exclusion {
  readonly reason: string;
  readonly applies: (usage: Usage) => boolean;
}

/** Operations that some drivers have, and the official one for Node.js has not. */
const OTHER_DRIVERS: ReadonlySet<string> = new Set([
  'deleteByName',
  'listCollectionObjects',
  'listDatabaseObjects',
  'mapReduce',
  'renameByName'
]);

const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason: 'client-side encryption',
    applies: ({ entities }) =>
      entities.some(({ client, clientEncryption }) => clientEncryption ?? client?.autoEncryptOpts)
  },
  {
    reason: 'a method that the driver for Node.js does not have',
    applies: ({ operations }) => operations.some(({ name }) => OTHER_DRIVERS.has(name))
  },
  {
    reason: 'timeoutMS, which has no effect in the driver for Node.js',
    applies: usesTimeoutMS
  },
  {
    reason: 'a failing dropIndexes, which resolves to false in the driver for Node.js',
    applies: ({ operations }) =>
      operations.some(({ name, expectError }) => name === 'dropIndexes' && expectError)
  },
  {
    reason: 'operation ids in log messages, which the driver for Node.js does not have',
    applies: ({ test }) => includesKey(test.expectLogMessages, 'operationId')
  },
  {
    reason: 'OpenTelemetry, which the driver for Node.js does not have',
    applies: ({ entities, test }) =>
      test.expectTracingMessages !== undefined ||
      entities.some(({ client }) => client?.observeTracingMessages !== undefined)
  },
  {
    reason: 'responses pending after a time-out, which the driver for Node.js does not await',
    applies: ({ entities }) =>
      entities.some(({ client }) =>
        client?.observeEvents?.some(name => name.startsWith('connectionPendingResponse'))
      )
  },
  {
    reason: 'an `_id` of null, for which the driver for Node.js makes one',
    applies: ({ operations }) => operations.some(insertsNullId)
  },
  {
    reason: 'Kerberos',
    applies: usage => mechanisms(usage).includes('GSSAPI')
  },
  {
    reason: 'OpenID Connect, for which there is no identity provider here',
    applies: usage => mechanisms(usage).includes('MONGODB-OIDC')
  }
];

/** Why a test is not run; undefined when it is. */
export function exclusionReason(file: UnifiedFile, test: UnifiedTest): string | undefined {
  const operations = flatten(test.operations);
  const created = operations.flatMap(
    ({ arguments: given }) => (given?.['entities'] ?? []) as EntityDescription[]
  );
  const usage = { operations, test, entities: [...(file.createEntities ?? []), ...created] };
  const found = EXCLUSIONS.find(({ applies }) => applies(usage));
  return found && `excluded: ${found.reason}`;
}

/** Events of which several come only from several servers, in the time that a test has. */
const SERVER_EVENTS = ['topologyDescriptionChangedEvent', 'serverHeartbeatSucceededEvent'];

/** Whether a test is about the nodes of a replica set, of which it takes there to be several. */
export function needsSeveralNodes({ operations }: UnifiedTest): boolean {
  return flatten(operations).some(({ name, arguments: given = {} }) => {
    const { command, event, count } = given as {
      command?: Document;
      event?: Document;
      count?: number;
    };
    if (command !== undefined && 'replSetStepDown' in command) return true;
    const isServerEvent = SERVER_EVENTS.some(one => event !== undefined && one in event);
    return name === 'waitForEvent' && isServerEvent && (count ?? 0) > 2;
  });
}

/** Operations and those in their arguments: of threads, loops and transactions. */
export function flatten(operations: readonly Operation[]): Operation[] {
  return operations.flatMap(operation => {
    const {
      operation: one,
      operations: many,
      callback
    } = (operation.arguments ?? {}) as {
      operation?: Operation;
      operations?: Operation[];
      callback?: Operation[];
    };
    return [operation, ...flatten([one ?? [], many ?? [], callback ?? []].flat())];
  });
}

/** Options of time limits for whole operations. */
const TIMEOUTS = ['timeoutMS', 'timeoutMode', 'defaultTimeoutMS'] as const;

function usesTimeoutMS({ operations, entities }: Usage): boolean {
  const described = entities.flatMap(({ client, database, collection, session, bucket }) => [
    client?.uriOptions,
    database?.databaseOptions,
    collection?.collectionOptions,
    session?.sessionOptions,
    session?.sessionOptions?.['defaultTransactionOptions'] as Document | undefined,
    bucket?.bucketOptions
  ]);
  // The runner's own operations have time limits of another kind.
  const given = operations.filter(({ object }) => object !== 'testRunner');
  const options = [...described, ...given.map(({ arguments: one }) => one)];
  return (
    options.some(one => one !== undefined && TIMEOUTS.some(name => name in one)) ||
    operations.some(({ expectError }) => expectError?.isTimeoutError === true)
  );
}

/** Whether a value has a property of this name, however deep. */
function includesKey(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key === name || includesKey(inner, name));
}

function mechanisms({ entities }: Usage): unknown[] {
  return entities.map(({ client }) => client?.uriOptions?.['authMechanism'] as unknown);
}

/** Whether a document to insert has an `_id` of null. */
function insertsNullId({ arguments: given }: Operation): boolean {
  const { document, documents, requests, models } = (given ?? {}) as Record<string, unknown>;
  const writes = [requests, models].flat() as Array<{ insertOne?: { document?: Document } }>;
  const inserted = [document, documents, ...writes.map(write => write?.insertOne?.document)];
  return (inserted.flat() as Array<Document | undefined>).some(one => one?.['_id'] === null);
}
