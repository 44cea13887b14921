/**
 * The commands of a bulk write on a client: as many models in each as the server's limits allow. A
 * batch is made when it is asked for, so what is wrong with a later one shows when the ones before
 * have run, as in the driver.
 */
import type { AnyClientBulkWriteModel, ClientBulkWriteOptions } from 'mongodb';
import { DocumentSequence } from '../bson/encode';
import type { Document } from '../bson/options';
import { serialize } from '../bson/serialize';
import { driverErrors, invalidArgument } from '../error';
import type { WriteLimits } from './bulk-batch';
import { changesMany, clientStatement } from './client-bulk-write-statement';
import { addComment, writeOperation } from './command';
import { getMoreOptions } from './find';
import type { DatabaseScope, Operation } from './operation';

/** js-bson's own, as in the driver: `undefined` is left out, whatever the options. */
const DEFAULTS = { serializeFunctions: false, ignoreUndefined: true, checkKeys: false };

/** What a server takes in one `bulkWrite` command, see its `hello` reply. */
export interface ClientWriteLimits extends WriteLimits {
  /** Bytes of the largest message. */
  readonly maxMessageSizeBytes: number;
}

/** Models that go in one command. */
export interface ClientBatch {
  readonly operation: Operation;
  /** The statements as they are sent, without their bytes. */
  readonly statements: readonly Document[];
  /** Where among all models the first one is. */
  readonly first: number;
}

/** Bytes that are left for what the command says beside its statements (driver 7.8). */
const OVERHEAD = 1_000;
/** Bytes that the server lets a command have beyond the largest document. */
const COMMAND_ROOM = 16 * 1024;

/** Statements on their way into a command. */
interface Contents {
  readonly statements: Document[];
  readonly ops: DocumentSequence;
  /** The places of the namespaces in the command. */
  readonly namespaces: Map<string, number>;
  /** The namespaces as bytes, for their size. */
  readonly nsInfo: DocumentSequence;
}

export class ClientBatches {
  readonly #scope: DatabaseScope;
  readonly #models: ReadonlyArray<AnyClientBulkWriteModel<Document>>;
  readonly #options: ClientBulkWriteOptions;
  readonly #limits: ClientWriteLimits;
  /** Bytes of the largest command. It is one document, and no larger than a message. */
  readonly #capacity: number;
  /** The first model that is in no batch yet. */
  #next = 0;

  /** @param scope - the admin database, with the BSON options in effect */
  constructor(
    scope: DatabaseScope,
    models: ReadonlyArray<AnyClientBulkWriteModel<Document>>,
    options: ClientBulkWriteOptions,
    limits: ClientWriteLimits
  ) {
    this.#scope = scope;
    this.#models = models;
    this.#options = options;
    this.#limits = limits;
    const { maxBsonObjectSize, maxMessageSizeBytes } = limits;
    this.#capacity = Math.min(maxMessageSizeBytes, maxBsonObjectSize + COMMAND_ROOM);
  }

  /**
   * The next command; undefined when all models have been in one.
   * @throws MongoInvalidArgumentError, MongoAPIError for a model that can't be sent
   */
  next(): ClientBatch | undefined {
    const first = this.#next;
    if (first >= this.#models.length) return undefined;
    const contents: Contents = {
      statements: [],
      ops: new DocumentSequence('ops'),
      namespaces: new Map(),
      nsInfo: new DocumentSequence('nsInfo')
    };
    while (this.#next < this.#models.length && this.#add(contents)) this.#next += 1;
    const retryable = !this.#models.slice(first, this.#next).some(changesMany);
    return {
      operation: this.#operation(contents, retryable),
      statements: contents.statements,
      first
    };
  }

  /** Adds the next model; false when it does not fit. */
  #add({ statements, ops, namespaces, nsInfo }: Contents): boolean {
    const path = `models[${this.#next}]`;
    const model = this.#models[this.#next]!;
    if (typeof model !== 'object' || model === null) {
      throw invalidArgument(`${path} must be an object`);
    }
    const ns = model.namespace;
    const known = namespaces.get(ns);
    const statement = clientStatement(this.#scope, model, known ?? namespaces.size, path);
    const bytes = this.#bytes('ops', statement, path);
    const name = known === undefined ? this.#bytes('nsInfo', { ns }, path) : undefined;
    const named = name === undefined ? nsInfo.size : nsInfo.sizeWith(name);
    const fits =
      statements.length < this.#limits.maxWriteBatchSize &&
      OVERHEAD + named + ops.sizeWith(bytes) < this.#capacity;
    // A command of one statement goes, however large it is.
    if (!fits && statements.length > 0) return false;
    ops.add(bytes);
    statements.push(statement);
    if (name !== undefined) {
      nsInfo.add(name);
      namespaces.set(ns, namespaces.size);
    }
    return true;
  }

  #bytes(field: string, document: Document, path: string): Uint8Array {
    const { maxBsonObjectSize } = this.#limits;
    let bytes: Uint8Array;
    try {
      bytes = serialize(document, { ...DEFAULTS, library: this.#scope.bson.library });
    } catch (cause) {
      const { MongoInvalidArgumentError } = driverErrors();
      const message = `Could not serialize operation to BSON (${path})`;
      throw new MongoInvalidArgumentError(message, { cause: cause as Error });
    }
    if (bytes.length > maxBsonObjectSize) {
      throw invalidArgument(
        `Client bulk write operation ${field} of length ${bytes.length} exceeds the max bson object size of ${maxBsonObjectSize} (${path})`
      );
    }
    return bytes;
  }

  #operation({ namespaces, ops }: Contents, retryable: boolean): Operation {
    const { verboseResults, ordered, bypassDocumentValidation } = this.#options;
    const command: Document = {
      bulkWrite: 1,
      errorsOnly: !verboseResults,
      ordered: ordered ?? true,
      nsInfo: [...namespaces.keys()].map(ns => ({ ns }))
    };
    if (bypassDocumentValidation != null) {
      command['bypassDocumentValidation'] = bypassDocumentValidation;
    }
    if (this.#options.let) command['let'] = this.#options.let;
    addComment(command, this.#options);
    const traits = { collatesStatements: true, retryable };
    const operation = writeOperation(this.#scope, command, this.#options, traits);
    const { comment } = this.#options;
    return { ...operation, sequence: ops, options: getMoreOptions({ comment }) };
  }
}
