/**
 * Errors: the driver's own classes, made from the records that Rust sends (`src/error.rs`), and
 * polypool's few. The driver's module loads with the first error, so a start without one is free
 * of it. It does not decide who is at fault; Rust's record, or the caller, says so.
 */
import type * as Driver from 'mongodb';
import { BSONError } from './bson/bson';
import type { Document } from './bson/options';

/** What `mongodb/lib/error` exports of the driver's public surface. */
type DriverErrors = Pick<
  typeof Driver,
  | 'MongoError'
  | 'MongoDriverError'
  | 'MongoRuntimeError'
  | 'MongoAPIError'
  | 'MongoBatchReExecutionError'
  | 'MongoClientBulkWriteError'
  | 'MongoClientBulkWriteExecutionError'
  | 'MongoChangeStreamError'
  | 'MongoCursorExhaustedError'
  | 'MongoCursorInUseError'
  | 'MongoTailableCursorError'
  | 'MongoUnexpectedServerResponseError'
  | 'MongoWriteConcernError'
  | 'MongoServerError'
  | 'MongoServerSelectionError'
  | 'MongoNetworkError'
  | 'MongoTransactionError'
  | 'MongoExpiredSessionError'
  | 'MongoInvalidArgumentError'
  | 'MongoCompatibilityError'
  | 'MongoGridFSChunkError'
  | 'MongoGridFSStreamError'
>;

/** Every error class there, by name; the constructors that only take a message. */
type ByName = Record<string, (new (message: string) => Error) | undefined>;

/**
 * What may be done about a failure: its cause may pass by itself (`retryable`), more of the same
 * would make it worse for a while (`overload`), or another try fails like this one (`fatal`).
 */
export type RetryPolicy = 'retryable' | 'overload' | 'fatal';

/** An error as it crosses the boundary. */
export interface ErrorRecord {
  class: string;
  message: string;
  code?: string;
  labels?: string[];
  /** What may be done about it. */
  policy?: RetryPolicy;
  /** Operations that waited when one more was refused, and in which database, if it was its limit. */
  queued?: number;
  database?: string;
  /** Milliseconds after which a circuit that is open is tried again. */
  retryAfterMS?: number;
  /** The server's reply, when it was the server that refused. */
  response?: Document;
  topologyType?: string;
  servers?: Array<{ address: string; type: string; error?: string }>;
}

let loaded: DriverErrors | undefined;

/** The driver's error classes: the very ones that the user's `mongodb` import has. */
export function driverErrors(): DriverErrors {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late on purpose, and only this part of the driver
  return (loaded ??= require('mongodb/lib/error') as DriverErrors);
}

/** A caller's mistake, found before anything was sent. `message` names the option's path. */
export function invalidArgument(message: string): Error {
  return new (driverErrors().MongoInvalidArgumentError)(message);
}

/** An operation after `close()`. */
export function closedError(): Error {
  return fromRecord({
    class: 'MongoNotConnectedError',
    message: 'Client must be connected before running operations',
    code: 'POLYPOOL_CLOSED',
    policy: 'fatal'
  });
}

type PolyPoolErrors = ReturnType<typeof definePolyPoolErrors>;
/** The base class of polypool's own errors; extends the driver's `MongoError`. */
export type PolyPoolError = InstanceType<PolyPoolErrors['PolyPoolError']>;
/** No server could be reached of late, so that operations are refused at once. Its code is `POLYPOOL_CIRCUIT_OPEN`. */
export type CircuitOpenError = InstanceType<PolyPoolErrors['CircuitOpenError']>;
/** As many operations wait for a place in the pool as may. Its code is `POLYPOOL_OVERLOADED`. */
export type PoolOverloadedError = InstanceType<PolyPoolErrors['PoolOverloadedError']>;

function definePolyPoolErrors() {
  class PolyPoolError extends driverErrors().MongoError {
    constructor(message: string, code: string) {
      super(message);
      this.code = code;
    }
    override get name(): string {
      return 'PolyPoolError';
    }
  }
  class PolyPoolInternalError extends PolyPoolError {
    constructor(message: string) {
      super(message, 'POLYPOOL_INTERNAL');
    }
    override get name(): string {
      return 'PolyPoolInternalError';
    }
  }
  class ShutdownTimeoutError extends PolyPoolError {
    constructor(message: string) {
      super(message, 'POLYPOOL_SHUTDOWN_TIMEOUT');
    }
    override get name(): string {
      return 'ShutdownTimeoutError';
    }
  }
  class SlowListenerError extends PolyPoolError {
    /** That of the last event that was read; a stream of one's own goes on behind it. */
    resumeToken: unknown = null;
    constructor(limit: number) {
      super(
        `This listener of a shared change stream was more than ${limit} events behind; see maxBuffered`,
        'POLYPOOL_SLOW_LISTENER'
      );
    }
    override get name(): string {
      return 'SlowListenerError';
    }
  }
  return {
    PolyPoolError,
    PolyPoolInternalError,
    ...defineRefusals(PolyPoolError),
    ShutdownTimeoutError,
    SlowListenerError
  };
}

/** Those of operations that are not taken on. */
function defineRefusals(PolyPoolError: new (message: string, code: string) => Driver.MongoError) {
  class PoolOverloadedError extends PolyPoolError {
    /** Operations that waited when this one came, those of {@link database} if it is named. */
    readonly queued: number;
    /** The database whose `tenants.maxQueued` was reached; the pool's `maxQueued` when absent. */
    readonly database?: string;
    constructor(message: string, queued: number, database: string | undefined) {
      super(message, 'POLYPOOL_OVERLOADED');
      this.queued = queued;
      if (database !== undefined) this.database = database;
    }
    override get name(): string {
      return 'PoolOverloadedError';
    }
  }
  class CircuitOpenError extends PolyPoolError {
    /** Milliseconds after which it is worth trying again. */
    readonly retryAfterMS: number;
    constructor(message: string, retryAfterMS: number) {
      super(message, 'POLYPOOL_CIRCUIT_OPEN');
      this.retryAfterMS = retryAfterMS;
    }
    override get name(): string {
      return 'CircuitOpenError';
    }
  }
  return { PoolOverloadedError, CircuitOpenError };
}

let own: ReturnType<typeof definePolyPoolErrors> | undefined;

/** polypool's own error classes. They extend the driver's, so they exist from the first use on. */
export function polypoolErrors(): ReturnType<typeof definePolyPoolErrors> {
  return (own ??= definePolyPoolErrors());
}

/** The error that a record describes. Call it from the async function that fails, for its stack. */
export function fromRecord(record: ErrorRecord): Error {
  const error = construct(record);
  for (const label of record.labels ?? []) {
    if ('addErrorLabel' in error) (error.addErrorLabel as (label: string) => void)(label);
  }
  if (record.code !== undefined) Object.assign(error, { code: record.code });
  if (record.policy !== undefined) addPolicy(error, record.policy);
  return error;
}

/** What polypool's errors, and the driver's as polypool makes them, say beside what the driver's do. */
export interface ClassifiedError extends Error {
  /** Its cause may pass: another try, perhaps later, may go better. Not that nothing has been done. */
  readonly retryable: boolean;
  /** The same in more words: whether trying at once would only make it worse. */
  readonly retryPolicy: RetryPolicy;
}

/** What labels say, the first that an error has; Rust's `classify` has the same list. */
const POLICY_OF_LABEL = [
  ['SystemOverloadedError', 'overload'],
  ['RetryableError', 'retryable'],
  ['RetryableWriteError', 'retryable'],
  ['TransientTransactionError', 'retryable']
] as const;

/** Codes of servers that may answer otherwise in a moment; Rust's `is_passing` has the same list. */
export const PASSING_CODES: readonly unknown[] = [
  6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436
];

/**
 * Says of an error that is made here what may be done about it: what its labels say, else what is
 * said of its cause, else what its code says, else that another try fails like this one. Those of {@link fromRecord} Rust has
 * classified.
 * @param cause - the error that this one is about, or what stands for it
 * @returns `error`
 */
export function classified<E extends Error>(error: E, cause?: unknown): E {
  const { errorLabels, code } = error as { errorLabels?: readonly string[]; code?: unknown };
  const known = POLICY_OF_LABEL.find(([label]) => errorLabels?.includes(label));
  const { retryPolicy } = (cause ?? {}) as Partial<ClassifiedError>;
  const ofCode = PASSING_CODES.includes(code) ? 'retryable' : 'fatal';
  addPolicy(error, known?.[1] ?? retryPolicy ?? ofCode);
  return error;
}

/** Properties that are not enumerated, so that an error is shown and compared as the driver's is. */
function addPolicy(error: Error, retryPolicy: RetryPolicy): void {
  const hidden = { configurable: true, enumerable: false, writable: true } as const;
  Object.defineProperties(error, {
    retryable: { ...hidden, value: retryPolicy !== 'fatal' },
    retryPolicy: { ...hidden, value: retryPolicy }
  });
}

function construct(record: ErrorRecord): Error {
  const errors = driverErrors();
  const { message } = record;
  switch (record.class) {
    case 'MongoServerError':
      return new errors.MongoServerError(record.response ?? { errmsg: message });
    case 'MongoServerSelectionError':
      return new errors.MongoServerSelectionError(message, topologyDescription(record));
    case 'MongoPoolClearedError':
      return clearedError(message);
    case 'MongoWaitQueueTimeoutError':
      return waitQueueError(message);
    case 'BSONError':
      return new BSONError(message);
    case 'AbortError':
      return new DOMException(message, 'AbortError');
    case 'PolyPoolInternalError':
      return new (polypoolErrors().PolyPoolInternalError)(message);
    case 'CircuitOpenError':
      return new (polypoolErrors().CircuitOpenError)(message, record.retryAfterMS ?? 0);
    case 'PoolOverloadedError': {
      const { PoolOverloadedError } = polypoolErrors();
      return new PoolOverloadedError(message, record.queued ?? 0, record.database);
    }
    case 'ShutdownTimeoutError':
      return new (polypoolErrors().ShutdownTimeoutError)(message);
    default: {
      const byName = (errors as unknown as ByName)[record.class];
      return new (byName ?? errors.MongoDriverError)(message);
    }
  }
}

/** The shape of the driver's class of this name, which Mongoose and others know by it. */
class TopologyDescription {
  readonly servers: Map<string, object>;
  constructor(
    readonly type: string,
    servers: NonNullable<ErrorRecord['servers']>
  ) {
    this.servers = new Map(servers.map(server => [server.address, serverDescription(server)]));
  }
}

function serverDescription(server: NonNullable<ErrorRecord['servers']>[number]): object {
  const at = server.address.lastIndexOf(':');
  return {
    address: server.address,
    type: server.type,
    host: server.address.slice(0, at),
    port: Number(server.address.slice(at + 1)),
    error: server.error === undefined ? null : networkError(server.error)
  };
}

/** A connection that could not be made or broke. */
export function networkError(message: string): Error {
  return new (driverErrors().MongoNetworkError)(message);
}

function topologyDescription(record: ErrorRecord): Driver.TopologyDescription {
  const description = new TopologyDescription(
    record.topologyType ?? 'Unknown',
    record.servers ?? []
  );
  return description as unknown as Driver.TopologyDescription;
}

/** What the constructors of the driver's pool errors read of a pool. */
interface PoolLike {
  address: string;
}

function poolErrors(): Record<string, new (...args: never[]) => Error> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in driverErrors
  return require('mongodb/lib/cmap/errors') as Record<string, new (...args: never[]) => Error>;
}

function clearedError(message: string): Error {
  const PoolClearedError = poolErrors()['PoolClearedError'] as unknown as new (
    pool: PoolLike,
    message: string
  ) => Error;
  return new PoolClearedError({ address: '' }, message);
}

function waitQueueError(message: string): Error {
  const WaitQueueTimeoutError = poolErrors()['WaitQueueTimeoutError'] as unknown as new (
    message: string,
    address: string
  ) => Error;
  return new WaitQueueTimeoutError(message, '');
}
