// Owns what classes have at run time: their own members and those they inherit, up to Node.js's.
// Must not know the declarations.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../process/paths.mjs';

const require = createRequire(join(ROOT, 'package.json'));

/** An object of a class, made without a server. @typedef {(collection: any) => object} Make */

/**
 * Classes that are exported as types alone: the files of the driver that have them, and how to come
 * by an object of polypool's, which are all in one file.
 *
 * @type {Map<string, [theirs: string, ours: Make]>}
 */
const UNEXPORTED = new Map([
  [
    'RunCommandCursor',
    ['cursor/run_command_cursor', ({ db }) => db.runCursorCommand({ listCollections: 1 })]
  ],
  [
    'ListSearchIndexesCursor',
    ['cursor/list_search_indexes_cursor', collection => collection.listSearchIndexes()]
  ],
  [
    'FindOperators',
    ['bulk/common', collection => collection.initializeOrderedBulkOp().find({ a: 1 })]
  ]
]);

/** The version of the driver that polypool is compared with. @type {string} */
export const DRIVER_VERSION = require('mongodb/package.json').version;

/** What `require` of either package gives. @returns {Record<string, unknown>} */
export function exportsOf(/** @type {'mongodb' | 'polypool'} */ name) {
  return name === 'mongodb' ? require('mongodb') : require('./dist/index.js');
}

/**
 * A class of either package; undefined when there is none.
 *
 * @param {'mongodb' | 'polypool'} from
 * @param {string} name
 * @returns {Function | undefined}
 */
export function classOf(from, name) {
  const found = exportsOf(from)[name] ?? unexported(from, name);
  return typeof found === 'function' ? found : undefined;
}

/** @param {'mongodb' | 'polypool'} from @param {string} name */
function unexported(from, name) {
  const [theirs, ours] = UNEXPORTED.get(name) ?? [];
  if (theirs === undefined || ours === undefined) return undefined;
  if (from === 'mongodb') return require(`mongodb/lib/${theirs}`)[name];
  return ours(pool().db('a').collection('b')).constructor;
}

/**
 * A member of a class's objects, or of the class.
 *
 * @param {Function} type
 * @param {string} name
 * @param {boolean} isStatic
 * @returns {PropertyDescriptor | undefined}
 */
export function memberOf(type, name, isStatic) {
  const [, symbol] = /^\[Symbol\.(\w+)\]$/.exec(name) ?? [];
  const key = symbol === undefined ? name : wellKnown(symbol);
  let at = isStatic ? type : type.prototype;
  for (
    ;
    at && at !== Object.prototype && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    const property = Object.getOwnPropertyDescriptor(at, key);
    if (property) return property;
  }
  return undefined;
}

/** Connects to nothing, as nothing is asked of it. */
let unconnected;

function pool() {
  return (unconnected ??= new (require('./dist/index.js').PolyPool)('mongodb://localhost'));
}

/** An object of the class whose declaration is the driver's, and does not prove that a field is there. */
let session;

/** Whether polypool's objects of a class have a field. @param {string} type @param {string} name */
export function hasField(type, name) {
  if (type !== 'ClientSession') return false;
  session ??= pool().startSession();
  return name in session;
}

/** @param {string} name @returns {symbol} */
function wellKnown(name) {
  return Reflect.get(Symbol, name);
}

/** Whether a call of it can't throw at once, but rejects. @param {PropertyDescriptor} property */
export function isAsync({ value }) {
  return typeof value === 'function' && value.constructor.name === 'AsyncFunction';
}
