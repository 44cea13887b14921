// Owns the comparison of an error with what a test expects of it. Errors are the driver's, whichever
// client is tested. Must not know which operation failed.

import {
  MongoBulkWriteError,
  MongoClientBulkWriteError,
  MongoError,
  MongoOperationTimeoutError,
  MongoServerError,
  type Document
} from 'mongodb';
import { Mismatch, describeError, expectThat } from '../fault.ts';
import type { ExpectedError } from './format/file.ts';
import type { Matcher } from './matcher.ts';
import { plainBulkResult } from './operations/client.ts';

type Check<Key extends keyof ExpectedError> = (
  error: Error,
  expected: NonNullable<ExpectedError[Key]>,
  matcher: Matcher
) => void;

const CHECKS: { readonly [Key in keyof ExpectedError]-?: Check<Key> } = {
  isError: () => undefined,
  isClientError: (error, expected) => {
    expectThat(isClientError(error) === expected, `isClientError is ${!expected}`);
  },
  isTimeoutError: (error, expected) => {
    expectThat(isTimeoutError(error) === expected, `isTimeoutError is ${!expected}`);
  },
  errorContains: (error, expected) => {
    const found = messagesOf(error).some(text =>
      text.toLowerCase().includes(expected.toLowerCase())
    );
    expectThat(found, `no message contains "${expected}"`);
  },
  errorCode: (error, expected) => {
    const { code } = topLevel(error) as { code?: unknown };
    expectThat(code === expected, `the code is ${String(code)}, not ${expected}`);
  },
  errorCodeName: (error, expected) => {
    const names = codeNamesOf(error);
    const found = names.some(name => name.toLowerCase() === expected.toLowerCase());
    expectThat(found, `the codeName is ${names.join(', ') || 'not there'}, not ${expected}`);
  },
  errorLabelsContain: (error, expected) => {
    for (const label of expected) {
      expectThat(hasLabel(error, label), `the label ${label} is missing`);
    }
  },
  errorLabelsOmit: (error, expected) => {
    for (const label of expected) {
      expectThat(!hasLabel(error, label), `the label ${label} is there`);
    }
  },
  writeErrors: (error, expected, matcher) => {
    const { writeErrors } = error as { writeErrors?: ReadonlyMap<number, Document> };
    expectThat(writeErrors instanceof Map, 'there are no writeErrors by index');
    for (const [index, wanted] of Object.entries(expected)) {
      matcher.match(writeErrors.get(Number(index)), wanted, `writeErrors.${index}`);
    }
    const count = Object.keys(expected).length;
    expectThat(
      writeErrors.size === count,
      `there are ${writeErrors.size} writeErrors, not ${count}`
    );
  },
  writeConcernErrors: (error, expected, matcher) => {
    const { writeConcernErrors } = error as { writeConcernErrors?: Document[] };
    expectThat(writeConcernErrors !== undefined, 'there are no writeConcernErrors');
    matcher.matchAll(writeConcernErrors, expected, 'writeConcernErrors');
  },
  errorResponse: (error, expected, matcher) => {
    const top = topLevel(error);
    const { errorResponse = top } = top as { errorResponse?: Document };
    matcher.match(errorResponse, expected, 'errorResponse');
  },
  expectResult: (error, expected, matcher) => {
    matcher.match(resultOf(error), expected, 'the result of the error');
  }
};

/** @throws Mismatch that carries the error as its cause */
export function matchError(error: unknown, expected: ExpectedError, matcher: Matcher): void {
  if (!(error instanceof Error)) throw new Mismatch(`${describeError(error)} is no Error`);
  if (!(error instanceof MongoError)) {
    throw new Mismatch(`${describeError(error)} is no MongoError`, { cause: error });
  }
  for (const [key, value] of Object.entries(expected)) {
    try {
      CHECKS[key as keyof ExpectedError](error, value as never, matcher);
    } catch (cause) {
      if (!(cause instanceof Mismatch)) throw cause;
      throw new Mismatch(`${cause.message}, in ${describeError(error)}`, { cause: error });
    }
  }
}

/** The error that a server sent or that made the whole operation fail, out of one about many writes. */
function topLevel(error: Error): Error {
  if (error instanceof MongoClientBulkWriteError && error.cause instanceof Error) {
    return error.cause;
  }
  return error;
}

/** True when no server has sent it. */
function isClientError(error: Error): boolean {
  const top = topLevel(error);
  if (top instanceof MongoBulkWriteError) {
    // What stopped a bulk of writes, if it is no error of a write, is inside.
    const inner: unknown = top.errorResponse;
    return inner instanceof Error && !(inner instanceof MongoServerError);
  }
  return !(top instanceof MongoServerError);
}

function isTimeoutError(error: Error): boolean {
  const top = topLevel(error);
  const inner: unknown = top instanceof MongoBulkWriteError ? top.errorResponse : undefined;
  return [top, inner].some(one => one instanceof MongoOperationTimeoutError);
}

/** A bulk write's error is made of many: the expectation may be met by any of them. */
function partsOf(error: Error): unknown[] {
  const top = topLevel(error);
  if (!(top instanceof MongoBulkWriteError)) return [top];
  const writeErrors = [top.writeErrors].flat();
  return [top, top.errorResponse, ...writeErrors, top.result.getWriteConcernError()];
}

function messagesOf(error: Error): string[] {
  return partsOf(error).flatMap(part => {
    const { message, errmsg } = (part ?? {}) as { message?: unknown; errmsg?: unknown };
    return [message, errmsg].filter(text => typeof text === 'string');
  });
}

function codeNamesOf(error: Error): string[] {
  return partsOf(error).flatMap(part => {
    const { codeName, errorResponse, err } = (part ?? {}) as {
      codeName?: unknown;
      errorResponse?: { codeName?: unknown };
      err?: { codeName?: unknown };
    };
    return [codeName, errorResponse?.codeName, err?.codeName].filter(
      name => typeof name === 'string'
    );
  });
}

function hasLabel(error: Error, label: string): boolean {
  const top = topLevel(error);
  return top instanceof MongoError && top.hasErrorLabel(label);
}

/** What had been done when the error came. */
function resultOf(error: Error): unknown {
  if (error instanceof MongoClientBulkWriteError) {
    const { partialResult } = error;
    return partialResult && plainBulkResult(partialResult);
  }
  return error instanceof MongoBulkWriteError ? error.result : undefined;
}
