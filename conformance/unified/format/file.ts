// Owns the types of a file in the unified test format (schema 1.0 to 1.28): what its parts are
// called and mean. Source: the unified test format specification. Checks nothing (validate.ts).

import type { Document } from 'mongodb';

export interface UnifiedFile {
  readonly description: string;
  readonly schemaVersion: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly createEntities?: readonly EntityDescription[];
  readonly initialData?: readonly CollectionData[];
  readonly tests: readonly UnifiedTest[];
}

export interface UnifiedTest {
  readonly description: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly skipReason?: string;
  readonly operations: readonly Operation[];
  readonly expectEvents?: readonly ExpectedEvents[];
  readonly expectLogMessages?: readonly ExpectedLogMessages[];
  readonly expectTracingMessages?: readonly Document[];
  readonly outcome?: readonly CollectionData[];
}

/** Where a test can run. All that is given must hold. */
export interface Requirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
  readonly serverless?: 'require' | 'forbid' | 'allow';
  readonly serverParameters?: Document;
  readonly auth?: boolean;
  readonly authMechanism?: string;
  readonly csfle?: boolean | Document;
}

/** Exactly one of the keys. */
export interface EntityDescription {
  readonly client?: ClientDescription;
  readonly clientEncryption?: Document;
  readonly database?: {
    id: string;
    client: string;
    databaseName: string;
    databaseOptions?: Document;
  };
  readonly collection?: {
    id: string;
    database: string;
    collectionName: string;
    collectionOptions?: Document;
  };
  readonly session?: { id: string; client: string; sessionOptions?: Document };
  readonly bucket?: { id: string; database: string; bucketOptions?: Document };
  readonly thread?: { id: string };
}

export interface ClientDescription {
  readonly id: string;
  readonly uriOptions?: Document;
  readonly useMultipleMongoses?: boolean;
  readonly observeEvents?: readonly string[];
  readonly ignoreCommandMonitoringEvents?: readonly string[];
  readonly observeSensitiveCommands?: boolean;
  readonly storeEventsAsEntities?: ReadonlyArray<{ id: string; events: readonly string[] }>;
  readonly observeLogMessages?: Readonly<Record<string, string>>;
  readonly observeTracingMessages?: Document;
  readonly serverApi?: { version: string; strict?: boolean; deprecationErrors?: boolean };
  readonly autoEncryptOpts?: Document;
  /** How long to wait for `minPoolSize` connections before the test starts. */
  readonly awaitMinPoolSizeMS?: number;
}

export interface CollectionData {
  readonly collectionName: string;
  readonly databaseName: string;
  readonly createOptions?: Document;
  readonly documents: readonly Document[];
}

export interface Operation {
  readonly name: string;
  /** An entity's name, or `testRunner`. */
  readonly object: string;
  readonly arguments?: Document;
  readonly ignoreResultAndError?: boolean;
  readonly expectError?: ExpectedError;
  /** Anything; a missing key and `null` are not the same. */
  readonly expectResult?: unknown;
  readonly saveResultAsEntity?: string;
}

export interface ExpectedError {
  readonly isError?: true;
  /** True: not made of a server's response. */
  readonly isClientError?: boolean;
  /** True: `timeoutMS` has expired. */
  readonly isTimeoutError?: boolean;
  readonly errorContains?: string;
  readonly errorCode?: number;
  readonly errorCodeName?: string;
  readonly errorLabelsContain?: readonly string[];
  readonly errorLabelsOmit?: readonly string[];
  /** By the index of the write. */
  readonly writeErrors?: Document;
  readonly writeConcernErrors?: readonly Document[];
  readonly errorResponse?: Document;
  readonly expectResult?: unknown;
}

export type EventType = 'command' | 'cmap' | 'sdam';

export interface ExpectedEvents {
  readonly client: string;
  /** `command` by default. */
  readonly eventType?: EventType;
  readonly events: readonly ExpectedEvent[];
  readonly ignoreExtraEvents?: boolean;
}

/** One key, the event's name; its value is what to expect of the event. */
export type ExpectedEvent = Readonly<Record<string, Document>>;

export interface ExpectedLogMessages {
  readonly client: string;
  readonly messages: readonly ExpectedLogMessage[];
  readonly ignoreMessages?: readonly ExpectedLogMessage[];
  readonly ignoreExtraMessages?: boolean;
}

export interface ExpectedLogMessage {
  readonly level: string;
  readonly component: string;
  readonly failureIsRedacted?: boolean;
  readonly data: Document;
}
