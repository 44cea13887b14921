// Owns what may differ between polypool's surface and the driver's, and why: data alone. Whatever
// is not listed here is to be the same, and an entry whose difference has gone has to go, too.
// Must not know how the surfaces are compared.

/**
 * `not planned`: missing on purpose; `differs`: there, and not quite
 * the driver's.
 *
 * @typedef {'not planned' | 'differs'} Status
 * @typedef {{ status: Status, note: string }} Difference
 */

/** @param {string} note @returns {Difference} */
const notPlanned = note => ({ status: 'not planned', note });
/** @param {string} note @returns {Difference} */
const differs = note => ({ status: 'differs', note });

/**
 * Classes that polypool does not export, with all of their members.
 *
 * @type {Record<string, Difference>}
 */
export const CLASSES = {
  ChangeStreamCursor: notPlanned('an internal of the driver')
};

/**
 * Members that a comparison of the surfaces finds missing or of another shape.
 *
 * @type {Record<string, Difference>}
 */
export const MEMBERS = {
  'MongoClient.connect': differs('also takes `{ signal }`, by which the caller ends the wait')
};

/**
 * Members of the driver's shape that behave in another way. The comparison of surfaces can't see it;
 * `__test__/compat/differences.ts` has those that its scenarios meet.
 *
 * @type {Record<string, Difference>}
 */
export const BEHAVIOUR = {
  'AbstractCursor.id': differs(
    "between the first batch and the end it names the cursor within its pool, not the server's"
  ),
  'AbstractCursor.batchSize': differs(
    'later batches have the size that was set also where the rest of a `limit` is less'
  ),
  'ChangeStream.close': differs(
    "ends a pending `next()` at once, where the driver's ends when the server's wait is over"
  ),
  'Admin.validateCollection': differs(
    "gives the server's reply as a document; the driver gives an object of its own works"
  ),
  'Collection.bulkWrite': differs(
    'refuses an array as a document with `MongoInvalidArgumentError` as other wrong arguments, where the driver throws `BSONError`'
  ),
  'Collection.insertMany': differs(
    'refuses `null` and an array as a document with `MongoInvalidArgumentError`; the driver inserts `{ document: null }` for the one and throws `BSONError` for the other'
  ),
  'Collection.insertOne': differs(
    'refuses `null` with `MongoInvalidArgumentError`, where the driver throws `TypeError`'
  ),
  'Collection.countDocuments': differs('counts with `raw: true` as well, where the driver gives 0'),
  'FindCursor.maxAwaitTimeMS': differs(
    'goes to the server if the cursor awaits data; in the driver only the option does'
  ),
  'RunCommandCursor.setBatchSize': differs('has to be called before the first batch is asked for'),
  'RunCommandCursor.setComment': differs('has to be called before the first batch is asked for'),
  'RunCommandCursor.setMaxTimeMS': differs('has to be called before the first batch is asked for')
};

/**
 * Other names that the driver exports.
 *
 * @type {Record<string, Difference>}
 */
export const NAMES = {
  ClientEncryption: {
    status: 'not planned',
    note: 'there is no client-side encryption; making one throws `MongoCompatibilityError`'
  }
};

/** What is not a difference of names: parts of the driver that polypool has no counterpart of. */
export const OUTSIDE = [
  'Client-side encryption: `autoEncryption`, `encryptedFields` and `ClientEncryption` are refused with a `MongoCompatibilityError`.',
  'Kerberos (GSSAPI).',
  'Options that concern sockets made in JavaScript; see [options](options.md).',
  'Members that the driver marks as internal. They are not in its type declarations.'
];
