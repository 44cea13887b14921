// Owns the shapes of entities' descriptions, as the format's JSON schema says them. Makes none.

import { components, level } from './log-shapes.ts';
import {
  ShapeError,
  anyObject,
  anything,
  either,
  exactlyOne,
  flag,
  listOf,
  mapOf,
  oneOf,
  record,
  text,
  whole,
  type Shape
} from './shape.ts';

const secret = either(text, record({ required: { $$placeholder: anything } }));

/** The credentials of a provider of keys, by their names. */
function provider(...names: string[]): Shape {
  return record({ optional: Object.fromEntries(names.map(name => [name, secret])) });
}

const providers: ReadonlyArray<readonly [RegExp, Shape]> = [
  [/^aws(:\w+)?$/, provider('accessKeyId', 'secretAccessKey', 'sessionToken')],
  [/^azure(:\w+)?$/, provider('tenantId', 'clientId', 'clientSecret', 'identityPlatformEndpoint')],
  [/^gcp(:\w+)?$/, provider('email', 'privateKey', 'endpoint')],
  [/^kmip(:\w+)?$/, provider('endpoint')],
  [/^local(:\w+)?$/, provider('key')]
];

const kmsProviders: Shape = (value, path) => {
  anyObject(value, path);
  for (const [name, credentials] of Object.entries(value as object)) {
    const found = providers.find(([pattern]) => pattern.test(name));
    if (found === undefined) throw new ShapeError(`${path} has the unknown key ${name}`);
    found[1](credentials, `${path}.${name}`);
  }
};

const clientEvents = [
  ...['commandStartedEvent', 'commandSucceededEvent', 'commandFailedEvent'],
  ...['poolCreatedEvent', 'poolReadyEvent', 'poolClearedEvent', 'poolClosedEvent'],
  ...['connectionCreatedEvent', 'connectionReadyEvent', 'connectionClosedEvent'],
  ...['connectionCheckOutStartedEvent', 'connectionCheckOutFailedEvent'],
  ...['connectionCheckedOutEvent', 'connectionCheckedInEvent'],
  ...['connectionPendingResponseStarted', 'connectionPendingResponseSucceeded'],
  ...['connectionPendingResponseFailed', 'serverDescriptionChangedEvent'],
  ...['serverHeartbeatStartedEvent', 'serverHeartbeatSucceededEvent'],
  ...['serverHeartbeatFailedEvent', 'topologyDescriptionChangedEvent'],
  ...['topologyOpeningEvent', 'topologyClosedEvent']
];

/** As `storeEventsAsEntities` spells them. */
const storedEvents = clientEvents.map(name => name.charAt(0).toUpperCase() + name.slice(1));

const client = record({
  required: { id: text },
  optional: {
    uriOptions: anyObject,
    useMultipleMongoses: flag,
    observeEvents: listOf(oneOf(...clientEvents), { min: 1 }),
    ignoreCommandMonitoringEvents: listOf(text, { min: 1 }),
    storeEventsAsEntities: listOf(
      record({ required: { id: text, events: listOf(oneOf(...storedEvents), { min: 1 }) } }),
      { min: 1 }
    ),
    observeLogMessages: record(
      { optional: Object.fromEntries(components.map(name => [name, level])) },
      { min: 1 }
    ),
    observeTracingMessages: record({ optional: { enableCommandPayload: flag } }),
    serverApi: record({
      required: { version: text },
      optional: { strict: flag, deprecationErrors: flag }
    }),
    observeSensitiveCommands: flag,
    autoEncryptOpts: record({
      required: { keyVaultNamespace: text, kmsProviders },
      optional: {
        bypassAutoEncryption: flag,
        schemaMap: mapOf(anyObject),
        extraOptions: anyObject,
        encryptedFieldsMap: mapOf(anyObject),
        bypassQueryAnalysis: flag,
        keyExpirationMS: whole
      }
    }),
    awaitMinPoolSizeMS: whole
  }
});

const collectionOrDatabaseOptions = record({
  optional: {
    readConcern: anyObject,
    readPreference: anyObject,
    writeConcern: anyObject,
    timeoutMS: whole
  }
});

export const entity = exactlyOne({
  client,
  clientEncryption: record({
    required: {
      id: text,
      clientEncryptionOpts: record({
        required: { keyVaultClient: text, keyVaultNamespace: text, kmsProviders },
        optional: { keyExpirationMS: whole }
      })
    }
  }),
  database: record({
    required: { id: text, client: text, databaseName: text },
    optional: { databaseOptions: collectionOrDatabaseOptions }
  }),
  collection: record({
    required: { id: text, database: text, collectionName: text },
    optional: { collectionOptions: collectionOrDatabaseOptions }
  }),
  session: record({
    required: { id: text, client: text },
    optional: { sessionOptions: anyObject }
  }),
  bucket: record({
    required: { id: text, database: text },
    optional: { bucketOptions: anyObject }
  }),
  thread: record({ required: { id: text } })
});
