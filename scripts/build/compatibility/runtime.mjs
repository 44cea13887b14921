// Owns what classes have at run time: their own members and those they inherit, up to Node.js's.
// Must not know the declarations.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../process/paths.mjs';

const require = createRequire(join(ROOT, 'package.json'));

/** Classes that are exported as types alone, by the files of the driver and of polypool that have them. */
const UNEXPORTED = new Map([
  ['RunCommandCursor', ['cursor/run_command_cursor', 'cursor/run-command-cursor']],
  [
    'ListSearchIndexesCursor',
    ['cursor/list_search_indexes_cursor', 'cursor/list-search-indexes-cursor']
  ],
  ['FindOperators', ['bulk/common', 'bulk/find-operators']]
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
  if (theirs === undefined) return undefined;
  return require(from === 'mongodb' ? `mongodb/lib/${theirs}` : `./dist/lib/${ours}.js`)[name];
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

/** An object of the class whose declaration is the driver's, and does not prove that a field is there. */
let session;

/** Whether polypool's objects of a class have a field. @param {string} type @param {string} name */
export function hasField(type, name) {
  if (type !== 'ClientSession') return false;
  session ??= new (require('./dist/index.js').PolyPool)('mongodb://localhost').startSession();
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
