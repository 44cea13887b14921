// Owns the comparison of polypool's surface with the driver's: class by class, member by member, and
// what either package exports beside classes. Must not know how it is shown.

import { isDeepStrictEqual } from 'node:util';
import { BEHAVIOUR, CLASSES, MEMBERS, NAMES } from './differences.mjs';
import { classOf, exportsOf, hasField, isAsync, memberOf } from './runtime.mjs';
import { Declarations } from './types.mjs';

/**
 * @typedef {import('./differences.mjs').Difference} Difference
 * @typedef {import('./types.mjs').Declared} Declared
 * @typedef {{ name: string, isMethod: boolean, isStatic: boolean, difference?: Difference }} Member
 * @typedef {{ name: string, difference?: Difference, members: Member[] }} Class
 */

/** The driver's classes that polypool has, or is to have, classes of its own for. */
const COMPARED = [
  'MongoClient',
  'Db',
  'Admin',
  'Collection',
  'AbstractCursor',
  'ExplainableCursor',
  'FindCursor',
  'AggregationCursor',
  'ListCollectionsCursor',
  'ListIndexesCursor',
  'ListSearchIndexesCursor',
  'RunCommandCursor',
  'ChangeStream',
  'ChangeStreamCursor',
  'ClientSession',
  'OrderedBulkOperation',
  'UnorderedBulkOperation',
  'FindOperators',
  'GridFSBucket',
  'GridFSBucketReadStream',
  'GridFSBucketWriteStream'
];

export class Comparison {
  /** What is different and not listed, or listed and not different. @type {string[]} */
  complaints = [];
  /** @type {Class[]} */
  classes = [];
  /** Names that are the driver's own objects here. @type {string[]} */
  shared = [];
  /** Names of values that equal the driver's. @type {string[]} */
  equal = [];
  /** Names of other things. @type {Map<string, Difference>} */
  others = new Map();
  /** Entries of the lists that something needed. @type {Set<string>} */
  #used = new Set();
  #driver;
  #polypool;

  constructor() {
    const [driver, polypool] = Declarations.read('node_modules/mongodb/mongodb.d.ts', 'index.d.ts');
    this.#driver = driver;
    this.#polypool = polypool;
    for (const name of COMPARED) this.classes.push(this.#class(name));
    this.#names();
    for (const list of [CLASSES, MEMBERS, BEHAVIOUR, NAMES]) {
      for (const entry of Object.keys(list)) {
        if (!this.#used.has(entry)) {
          this.complaints.push(`${entry} is the driver's: remove this entry`);
        }
      }
    }
  }

  /** @param {string} name @returns {Class} */
  #class(name) {
    const theirs = this.#driver.members(name);
    const ours = classOf('polypool', name);
    if (ours === undefined) {
      const difference = this.#listed(CLASSES, name, 'is missing');
      const members = [...theirs].filter(([, declared]) => isOwn(name, declared));
      return {
        name,
        difference,
        members: members.map(([member, declared]) => ({ ...shape(member, declared), difference }))
      };
    }
    const members = [...theirs]
      .map(([member, declared]) => this.#member(name, ours, member, declared))
      .filter(member => member !== undefined);
    return { name, members };
  }

  /**
   * An inherited member belongs in the table of the class that has it, unless it differs here alone.
   *
   * @param {string} type
   * @param {Function} ours
   * @param {string} name
   * @param {Declared} declared
   * @returns {Member | undefined}
   */
  #member(type, ours, name, declared) {
    const path = `${type}.${name}`;
    const found = this.#fault(type, ours, name, declared);
    if (!isOwn(type, declared) && (found === undefined || !(path in MEMBERS))) return undefined;
    const member = shape(name, declared);
    if (found !== undefined) {
      return { ...member, difference: this.#listed(MEMBERS, path, found) };
    }
    if (!(path in BEHAVIOUR)) return member;
    return { ...member, difference: this.#listed(BEHAVIOUR, path, '') };
  }

  /**
   * What is wrong with polypool's member; undefined when nothing is.
   *
   * @param {string} type
   * @param {Function} ours
   * @param {string} name
   * @param {Declared} declared
   */
  #fault(type, ours, name, declared) {
    const own = this.#polypool.members(type).get(name);
    const property = memberOf(ours, name, declared.isStatic);
    const isDeclared = /index\.d\.ts$/.test(own?.file ?? '') || hasField(type, name);
    const isField = own !== undefined && own.most === undefined && isDeclared;
    const driver = classOf('mongodb', type);
    const theirs = driver && memberOf(driver, name, declared.isStatic);
    const isAbstract = theirs === undefined && declared.most !== undefined;
    if (property === undefined && !isField && !isAbstract) return 'is missing';
    if (own === undefined) return 'is not declared';
    if (own.required !== declared.required || own.most !== declared.most) {
      return `takes ${range(own)} parameters, not ${range(declared)}`;
    }
    if (!property || !theirs) return undefined;
    if (isAsync(theirs) && !isAsync(property)) return 'may throw where the driver rejects';
    if (isAsync(property) && !isAsync(theirs) && typeof theirs.value === 'function') {
      return 'rejects where the driver may throw';
    }
    if (Boolean(theirs.set) !== Boolean(property.set)) return 'has no setter, or has one';
    return undefined;
  }

  #names() {
    const theirs = exportsOf('mongodb');
    const ours = exportsOf('polypool');
    for (const [name, value] of Object.entries(theirs)) {
      if (COMPARED.includes(name)) continue;
      if (ours[name] === value) this.shared.push(name);
      else if (typeof value !== 'function' && isDeepStrictEqual(ours[name], value)) {
        this.equal.push(name);
      } else this.others.set(name, this.#listed(NAMES, name, 'is not exported as the driver does'));
    }
    const types = new Set(this.#polypool.names);
    for (const name of this.#driver.names) {
      if (!types.has(name)) this.complaints.push(`the type ${name} is not exported`);
    }
  }

  /**
   * @param {Record<string, Difference>} list
   * @param {string} path
   * @param {string} fault
   * @returns {Difference}
   */
  #listed(list, path, fault) {
    this.#used.add(path);
    const entry = list[path];
    if (entry) return entry;
    this.complaints.push(`${path} ${fault}`);
    return { status: 'differs', note: fault };
  }
}

/** @param {string} name @param {Declared} declared @returns {Member} */
function shape(name, { isStatic, most }) {
  return { name, isStatic, isMethod: most !== undefined };
}

/** Whether no other class that is compared declares a member. @param {string} type @param {Declared} declared */
function isOwn(type, { owner }) {
  return owner === type || !COMPARED.includes(owner ?? '');
}

/** @param {Declared} declared */
function range({ required, most }) {
  if (most === undefined) return 'no';
  return required === most ? `${most}` : `${required} to ${most}`;
}
