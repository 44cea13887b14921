// Owns the comparison of what a test expects with what came: special operators (`$$…`), numbers of
// any width, extra fields at the root. Source: "Evaluating Matches" in the unified test format.
// Must not know where a value comes from.

import { BSON } from 'mongodb';
import { inspect } from 'node:util';
import { parseExtendedJSON } from '../extended-json.ts';
import { Fault, Mismatch } from '../fault.ts';
import { fieldNames, fieldOf, isDocument, isOfType, numberOf } from './bson-type.ts';

const { Binary, BSONRegExp, EJSON } = BSON;

/** What operators refer to by name. @throws Fault for what is not there */
export interface References {
  value(name: string): unknown;
  /** The logical session id. */
  lsid(session: string): unknown;
}

type Operator = (this: Matcher, actual: unknown, operand: unknown, at: Place) => void;

/** Where in the value the comparison is. */
interface Place {
  readonly path: string;
  /** Fields that are not expected are allowed. */
  readonly root: boolean;
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  $$exists(actual, operand, at) {
    if ((actual !== undefined) !== operand) {
      fail(at, operand === true ? 'does not exist' : `exists: ${show(actual)}`);
    }
  },
  $$type(actual, operand, at) {
    const aliases = [operand].flat() as string[];
    const answers = aliases.map(alias => isOfType(actual, alias));
    if (answers.includes(undefined)) throw new Fault(`Unknown type in ${show(operand)}`);
    if (!answers.includes(true)) {
      fail(at, `is ${show(actual)}, not of type ${aliases.join(' or ')}`);
    }
  },
  $$matchesEntity(actual, operand, at) {
    this.compare(actual, this.references.value(operand as string), at);
  },
  $$matchesHexBytes(actual, operand, at) {
    const expected = bytesOf(operand as string).toString('hex');
    if (!(actual instanceof Uint8Array)) return fail(at, `is ${show(actual)}, which is no bytes`);
    const found = Buffer.from(actual).toString('hex');
    if (found !== expected) fail(at, `is ${found}, not ${expected}`);
  },
  $$unsetOrMatches(actual, operand, at) {
    // The driver says "none" by null as often as by undefined.
    if (actual != null) this.compare(actual, operand, at);
  },
  $$sessionLsid(actual, operand, at) {
    this.compare(actual, this.references.lsid(operand as string), at);
  },
  $$lte(actual, operand, at) {
    const [found, limit] = [numberOf(actual), numberOf(operand)];
    if (limit === undefined) throw new Fault(`$$lte needs a number, not ${show(operand)}`);
    if (found === undefined || found > limit) fail(at, `is ${show(actual)}, not at most ${limit}`);
  },
  $$matchAsDocument(actual, operand, at) {
    if (typeof actual !== 'string') return fail(at, `is ${show(actual)}, not JSON text`);
    this.compare(parsed(actual, at), operand, { ...at, root: false });
  },
  $$matchAsRoot(actual, operand, at) {
    if (!isDocument(actual)) fail(at, `is ${show(actual)}, not a document`);
    this.compare(actual, operand, { ...at, root: true });
  }
};

export class Matcher {
  readonly references: References;

  constructor(references: References) {
    this.references = references;
  }

  /**
   * Compares as a whole document, command or result: fields that are not expected are allowed in it,
   * not in the documents within.
   * @throws Mismatch naming the path
   */
  match(actual: unknown, expected: unknown, path: string): void {
    this.compare(actual, expected, { path, root: true });
  }

  /** Compares a list whose items are whole documents. @throws Mismatch */
  matchAll(actual: readonly unknown[], expected: readonly unknown[], path: string): void {
    checkLengths(actual, expected, path);
    for (const [index, value] of expected.entries()) {
      this.match(actual[index], value, `${path}[${index}]`);
    }
  }

  /** Whether {@link match} would not throw. */
  matches(actual: unknown, expected: unknown): boolean {
    try {
      this.match(actual, expected, '');
      return true;
    } catch (error) {
      if (error instanceof Mismatch) return false;
      throw error;
    }
  }

  /** @internal for operators */
  compare(actual: unknown, expected: unknown, at: Place): void {
    if (isDocument(expected)) {
      this.#compareDocument(actual, expected, at);
      return;
    }
    if (Array.isArray(expected)) {
      if (!Array.isArray(actual)) return fail(at, `is ${show(actual)}, not a list`);
      checkLengths(actual, expected, at.path);
      for (const [index, value] of expected.entries()) {
        this.compare(actual[index], value, { path: `${at.path}[${index}]`, root: false });
      }
      return;
    }
    if (!equal(actual, expected)) fail(at, `is ${show(actual)}, not ${show(expected)}`);
  }

  #compareDocument(actual: unknown, expected: object, at: Place): void {
    const names = Object.keys(expected);
    const [operator] = names;
    if (names.length === 1 && operator!.startsWith('$$')) {
      const check = OPERATORS[operator!];
      if (check === undefined) throw new Fault(`Unknown operator ${operator}`);
      check.call(this, actual, fieldOf(expected, operator!), at);
      return;
    }
    if (!isDocument(actual)) return fail(at, `is ${show(actual)}, not a document`);
    for (const [name, value] of Object.entries(expected)) {
      this.compare(fieldOf(actual, name), value, { path: `${at.path}.${name}`, root: false });
    }
    if (at.root) return;
    const extra = fieldNames(actual).filter(name => !names.includes(name));
    if (extra.length > 0) {
      fail(at, `has more than expected: ${extra.join(', ')} in ${show(actual)}`);
    }
  }
}

function checkLengths(
  actual: readonly unknown[],
  expected: readonly unknown[],
  path: string
): void {
  if (actual.length === expected.length) return;
  throw new Mismatch(`${path} has ${actual.length} items, not ${expected.length}: ${show(actual)}`);
}

function equal(actual: unknown, expected: unknown): boolean {
  if (Object.is(actual, expected)) return true;
  const [found, wanted] = [numberOf(actual), numberOf(expected)];
  // eslint-disable-next-line eqeqeq -- `==` compares numbers with bigints by value
  if (found !== undefined && wanted !== undefined) return found == wanted || bothNaN(found, wanted);
  if (found !== undefined || wanted !== undefined) return false;
  if (actual === null || typeof actual !== 'object') return false;
  if (expected === null || typeof expected !== 'object') return false;
  return canonical(actual) === canonical(expected);
}

function bothNaN(...values: unknown[]): boolean {
  return values.every(value => Number.isNaN(value));
}

/** One text per value of BSON's types. */
function canonical(value: object): string {
  if (value instanceof Uint8Array) return canonical(new Binary(value));
  if (value instanceof RegExp) return canonical(new BSONRegExp(value.source, value.flags));
  return EJSON.stringify({ value }, { relaxed: false });
}

/** @throws Fault for what is not hexadecimal */
export function bytesOf(hex: string): Buffer {
  if (typeof hex !== 'string' || !/^([\da-f]{2})*$/i.test(hex)) {
    throw new Fault(`Not hexadecimal: ${show(hex)}`);
  }
  return Buffer.from(hex, 'hex');
}

function parsed(json: string, at: Place): unknown {
  try {
    return parseExtendedJSON(json);
  } catch {
    return fail(at, `is not JSON: ${show(json)}`);
  }
}

function fail(at: Place, what: string): never {
  throw new Mismatch(`${at.path === '' ? 'the value' : at.path} ${what}`);
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 500 });
}
