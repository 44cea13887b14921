/**
 * Documents as JSON instead of objects: what can be asked for, and the requests and text that come of
 * it. Rust makes the text (`src/codec/json`); what is here to be stringified has come as objects before.
 */
import { form } from '../bridge/request';
import { hasLowFirst, OWN_LIBRARY } from '../bson/library';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { KeptText } from '../bson/kept-text';
import { driverErrors, invalidArgument } from '../error';
import { executeCommand, executeCursor, executeNextText, type Executor } from './execute';
import type { Operation } from './operation';

/**
 * Whose JSON documents become.
 *
 * `plain`, the default, is byte for byte what `JSON.stringify` makes of documents that are read with the
 * driver's default options: an ObjectId is its hexadecimal digits, a Date its ISO time. `ejson` is what
 * `EJSON.stringify` of the `bson` package makes of them, which keeps the types; with `relaxed: false`,
 * those of numbers, too.
 */
export interface JSONOptions {
  /** `plain` by default. */
  dialect?: 'plain' | 'ejson';
  /** Of `ejson` alone: numbers and times in the short form. True by default. */
  relaxed?: boolean;
}

/** Of a stream. */
export interface JSONStreamOptions extends Omit<JSONOptions, 'dialect'> {
  /**
   * Or `ndjson`: instead of an array, each document on a line of its own, in canonical Extended JSON and
   * exactly as it is: numbers keep their types, and keys their order.
   */
  dialect?: JSONOptions['dialect'] | 'ndjson';
}

/** What is asked for, once it has been checked. */
export interface JSONRequest {
  readonly dialect: number;
  /** One array at the end, instead of text as it is made. */
  readonly whole: boolean;
}

const DIALECTS: readonly string[] = ['plain', 'ejson'];
const STREAMED: readonly string[] = [...DIALECTS, 'ndjson'];

/**
 * What options ask for.
 * @throws MongoInvalidArgumentError for a dialect that there is none of
 */
export function jsonRequest(options: JSONOptions | null | undefined, whole: boolean): JSONRequest {
  return requestOf(options, whole, DIALECTS);
}

/**
 * What options of a stream ask for.
 * @throws MongoInvalidArgumentError for a dialect that there is none of
 */
export function jsonStreamRequest(options: JSONStreamOptions | null | undefined): JSONRequest {
  return requestOf(options, false, STREAMED);
}

function requestOf(
  options: JSONStreamOptions | null | undefined,
  whole: boolean,
  known: readonly string[]
): JSONRequest {
  const { dialect = 'plain', relaxed } = options ?? {};
  if (!known.includes(dialect)) {
    const names = known.map(name => `"${name}"`).join(' or ');
    throw invalidArgument(`Option "dialect" must be ${names}, not ${dialect}`);
  }
  if (relaxed !== undefined && typeof relaxed !== 'boolean') {
    throw invalidArgument('Option "relaxed" must be a boolean');
  }
  if (dialect === 'plain') return { dialect: form.PLAIN, whole };
  if (dialect === 'ejson') {
    return { dialect: relaxed === false ? form.CANONICAL : form.RELAXED, whole };
  }
  if (relaxed) throw invalidArgument('Option "relaxed" cannot be true with dialect "ndjson"');
  return { dialect: form.LINES, whole };
}

/** Whether documents are to be lines, and not those of an array. */
export function isLines({ dialect }: JSONRequest): boolean {
  return dialect === form.LINES;
}

/**
 * The form of a request for it. Of the options for reading documents only `enableUtf8Validation`
 * counts: it decides whether they can be read.
 * @throws MongoAPIError with `raw`
 */
export function jsonForm(request: JSONRequest, bson: ResolvedBSONOptions): number {
  const { dialect, whole } = request;
  if (isLines(request)) return form.LINES;
  if (bson.raw) {
    throw refusal('Documents can be had as JSON or, with raw, as BSON, but not as both');
  }
  const lossy = bson.deserialize.validation.utf8 ? 0 : form.LOSSY;
  const isForeign = bson.library !== OWN_LIBRARY && dialect === form.PLAIN;
  const lowFirst = isForeign && hasLowFirst(bson.library) ? form.LOW_FIRST : 0;
  return dialect | lossy | (whole ? form.WHOLE : 0) | lowFirst;
}

/** JSON of documents as default options give them. */
function stringify(
  document: Document,
  { dialect }: JSONRequest,
  { library }: ResolvedBSONOptions
): string {
  if (dialect === form.PLAIN) return JSON.stringify(document);
  return library.EJSON.stringify(document, { relaxed: dialect === form.RELAXED });
}

/**
 * JSON of documents that have arrived as objects, with commas between them.
 * @throws MongoAPIError when they were read by options that change what they are
 */
export function stringifyAll(
  documents: readonly Document[],
  request: JSONRequest,
  bson: ResolvedBSONOptions
): string {
  if (isLines(request)) {
    throw refusal(
      'Documents that have arrived as objects are no lines any more: rewind the cursor'
    );
  }
  if (!isDefault(bson)) {
    throw refusal(
      'Documents that have arrived were read with BSON options, so their JSON is not known: read them first, or rewind the cursor'
    );
  }
  return documents.map(document => stringify(document, request, bson)).join();
}

function isDefault({ deserialize: options, raw }: ResolvedBSONOptions): boolean {
  const { promoteBuffers, promoteLongs, promoteValues, useBigInt64, bsonRegExp } = options;
  if (raw || promoteBuffers || useBigInt64 || bsonRegExp || options.fieldsAsRaw) return false;
  return promoteLongs && promoteValues;
}

/** The first document that a command's cursor gives, as JSON; or null. */
export async function executeOneJSON(
  on: Executor,
  operation: Operation,
  request: JSONRequest
): Promise<Buffer | null> {
  const json = jsonForm(request, operation.bson);
  if (operation.command['explain'] !== undefined) {
    const explanation = await executeCommand(on, operation);
    return Buffer.from(stringifyAll([explanation], request, operation.bson));
  }
  const batch = await executeCursor(on, { ...operation, json });
  if (!('text' in batch) || batch.count === 0) return null;
  // One document is one piece.
  return batch.text instanceof KeptText ? await executeNextText(batch.text) : batch.text;
}

function refusal(message: string): Error {
  return new (driverErrors().MongoAPIError)(message);
}
