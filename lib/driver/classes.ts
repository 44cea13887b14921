/**
 * The driver's classes that users import beside the client: which of its files has which, loaded
 * when the class is first asked for, so that importing polypool loads none of them. It adds nothing
 * to a class; what polypool has a class of its own for is not here.
 */
type Load = () => object;

/* eslint-disable @typescript-eslint/no-require-imports -- loaded late on purpose; spelled out, so that bundlers find them */
const FILES: ReadonlyArray<readonly [load: Load, names: readonly string[]]> = [
  [
    () => require('mongodb/lib/error') as object,
    [
      'MongoAPIError',
      'MongoAWSError',
      'MongoAzureError',
      'MongoBatchReExecutionError',
      'MongoChangeStreamError',
      'MongoClientBulkWriteCursorError',
      'MongoClientBulkWriteError',
      'MongoClientBulkWriteExecutionError',
      'MongoClientClosedError',
      'MongoCompatibilityError',
      'MongoCursorExhaustedError',
      'MongoCursorInUseError',
      'MongoDecompressionError',
      'MongoDriverError',
      'MongoError',
      'MongoExpiredSessionError',
      'MongoGCPError',
      'MongoGridFSChunkError',
      'MongoGridFSStreamError',
      'MongoInvalidArgumentError',
      'MongoKerberosError',
      'MongoMissingCredentialsError',
      'MongoMissingDependencyError',
      'MongoNetworkError',
      'MongoNetworkTimeoutError',
      'MongoNotConnectedError',
      'MongoOIDCError',
      'MongoOperationTimeoutError',
      'MongoParseError',
      'MongoRuntimeError',
      'MongoServerClosedError',
      'MongoServerError',
      'MongoServerSelectionError',
      'MongoStalePrimaryError',
      'MongoSystemError',
      'MongoTailableCursorError',
      'MongoTopologyClosedError',
      'MongoTransactionError',
      'MongoUnexpectedServerResponseError',
      'MongoWriteConcernError'
    ]
  ],
  [() => require('mongodb/lib/bulk/common') as object, ['MongoBulkWriteError']],
  [() => require('mongodb/lib/read_concern') as object, ['ReadConcern']],
  [() => require('mongodb/lib/read_preference') as object, ['ReadPreference']],
  [() => require('mongodb/lib/write_concern') as object, ['WriteConcern']],
  [
    () => require('mongodb/lib/cmap/command_monitoring_events') as object,
    ['CommandFailedEvent', 'CommandStartedEvent', 'CommandSucceededEvent']
  ],
  [
    () => require('mongodb/lib/cmap/connection_pool_events') as object,
    [
      'ConnectionCheckedInEvent',
      'ConnectionCheckedOutEvent',
      'ConnectionCheckOutFailedEvent',
      'ConnectionCheckOutStartedEvent',
      'ConnectionClosedEvent',
      'ConnectionCreatedEvent',
      'ConnectionPoolClearedEvent',
      'ConnectionPoolClosedEvent',
      'ConnectionPoolCreatedEvent',
      'ConnectionPoolMonitoringEvent',
      'ConnectionPoolReadyEvent',
      'ConnectionReadyEvent'
    ]
  ],
  [
    () => require('mongodb/lib/sdam/events') as object,
    [
      'ServerClosedEvent',
      'ServerDescriptionChangedEvent',
      'ServerHeartbeatFailedEvent',
      'ServerHeartbeatStartedEvent',
      'ServerHeartbeatSucceededEvent',
      'ServerOpeningEvent',
      'TopologyClosedEvent',
      'TopologyDescriptionChangedEvent',
      'TopologyOpeningEvent'
    ]
  ],
  [
    () => require('mongodb/lib/sdam/server_selection_events') as object,
    [
      'ServerSelectionEvent',
      'ServerSelectionFailedEvent',
      'ServerSelectionStartedEvent',
      'ServerSelectionSucceededEvent',
      'WaitingForSuitableServerEvent'
    ]
  ],
  [() => require('mongodb/lib/sdam/srv_polling') as object, ['SrvPollingEvent']],
  [() => require('mongodb/lib/mongo_types') as object, ['CancellationToken']],
  [
    () => require('mongodb/lib/mongo_client_auth_providers') as object,
    ['MongoClientAuthProviders']
  ],
  [
    () => require('mongodb/lib/client-side-encryption/errors') as object,
    [
      'MongoCryptAzureKMSRequestError',
      'MongoCryptCreateDataKeyError',
      'MongoCryptCreateEncryptedCollectionError',
      'MongoCryptError',
      'MongoCryptInvalidArgumentError',
      'MongoCryptKMSRequestNetworkTimeoutError'
    ]
  ]
];
/* eslint-enable @typescript-eslint/no-require-imports */

/** A class of the driver's. */
export type DriverClass = abstract new (...args: never[]) => object;

/** Tells of every one of them: its name, and what gives the very class that the driver exports. */
export function eachDriverClass(tell: (name: string, load: () => DriverClass) => void): void {
  for (const [load, names] of FILES) {
    for (const name of names) tell(name, () => (load() as Record<string, DriverClass>)[name]!);
  }
}
