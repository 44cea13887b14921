// Owns what a country is: its fields, and how one is read from a request or from the data set.
// Must not know about HTTP beyond the status of an error, nor about the database.

/** A request that can't be served, with the status of the answer. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const isText = value => typeof value === 'string' && value.trim() !== '' && value.length <= 200;
const isTextList = value => Array.isArray(value) && value.length <= 50 && value.every(isText);

/** What a client may set: the test of each field, and its description for the answer. */
const FIELDS = {
  name: [isText, 'a text'],
  subregion: [isText, 'a text'],
  capital: [isTextList, 'a list of texts'],
  area: [value => Number.isFinite(value) && value >= 0, 'a number of square kilometres'],
  borders: [isTextList, 'a list of country codes']
};

/** Reads the three-letter code of a country (ISO 3166-1 alpha-3), which is its `_id`. */
export function readCode(value) {
  if (typeof value !== 'string' || !/^[a-z]{3}$/i.test(value)) {
    throw new RequestError(400, 'A country code must be three letters');
  }
  return value.toUpperCase();
}

/** Reads the fields of a change. Unknown fields are refused, never stored. */
export function readFields(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestError(400, 'The body must be a JSON object');
  }
  const entries = Object.entries(body);
  if (entries.length === 0) throw new RequestError(400, 'The body names no field');
  for (const [field, value] of entries) {
    if (!Object.hasOwn(FIELDS, field)) throw new RequestError(400, `There is no field "${field}"`);
    const [isValid, description] = FIELDS[field];
    if (!isValid(value)) throw new RequestError(400, `${field} must be ${description}`);
  }
  return Object.fromEntries(entries);
}

/** Reads a new country: a code, a name, and whatever else. */
export function readCountry(body) {
  const { code, ...fields } = body ?? {};
  const country = { _id: readCode(code), ...readFields(fields) };
  if (country.name === undefined) throw new RequestError(400, 'name is missing');
  return country;
}

/** A country as the data set `world-countries` describes it. */
export function fromDataSet({ cca3, name, subregion, capital, area, borders }) {
  return { _id: cca3, name: name.common, subregion, capital, area, borders };
}

/** A country as clients see it. */
export function toClient({ _id, ...fields }) {
  return { code: _id, ...fields };
}
