/**
 * Writers for one layout each, as code: they compare an object's keys with those that they are for,
 * load each property by its name, which V8 does at once for objects of one hidden class, and store names
 * as words of 32 bits. Names reach the code as literals of JSON and no other way. It knows nothing of
 * when a writer is worth it, and leaves all values but primitives to the encoder.
 */
import type { FieldName } from './field-name';
import { wordAt } from './word';
import { MISS, type Writer } from './writer';

/** Bytes of a value of a fixed size, and of a word that reaches beyond its name. */
const SPARE = 16;
/** Properties that one function writes: V8 does not optimise very large ones. */
const PART = 16;

/**
 * The writer for objects with these keys.
 * @param names - what values stand under, by the place of their keys
 * @throws EvalError if the process does not allow code to be generated
 */
export function compileWriter(keys: readonly string[], names: readonly FieldName[]): Writer {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- this is what the file is for
  const generate = new Function('names', sourceOf(keys)) as (names: readonly FieldName[]) => Writer;
  return generate(names);
}

function sourceOf(keys: readonly string[]): string {
  const others = keys.map((key, i) => `keys[${i}] !== ${JSON.stringify(key)}`);
  const fields = keys.map(fieldSource);
  const parts: string[] = [];
  for (let i = 0; i < fields.length; i += PART) parts.push(fields.slice(i, i + PART).join('\n'));
  return `'use strict';
const convert = 'toBSON', tag = '_bsontype';
${keys.map((_, i) => `const n${i} = names[${i}];`).join('\n')}
${parts.map(partSource).join('\n')}
return (object, keys, at, encoder) => {
if (keys.length !== ${keys.length} || ${others.join(' || ')}) return ${MISS};
${parts.map((_, i) => `at = part${i}(object, keys, at, encoder);`).join('\n')}
return at;
};`;
}

function partSource(fields: string, index: number): string {
  return `const part${index} = (object, keys, at, encoder) => {
const { sink } = encoder;
let { bytes, view } = sink, v, behind = 0;
${fields}
return at;
};`;
}

/** Writes one property and moves on. */
function fieldSource(key: string, index: number): string {
  const name = Buffer.from(`${key}\0`);
  const words = Array.from({ length: Math.ceil(name.length / 4) }, (_, i) => 4 * i);
  const rest = `at, behind, n${index}`;
  const grown = 'bytes = sink.bytes; view = sink.view;';
  return `v = object[keys[${index}]];
behind = at + ${1 + name.length};
if (behind + ${SPARE} > bytes.length) { sink.room(behind, ${SPARE}); ${grown} }
${words.map(i => `view.setInt32(at + ${1 + i}, ${wordAt(name, i)}, true);`).join('\n')}
if (typeof v === 'string') {
bytes[at] = 2; at = sink.string(behind, v); ${grown}
} else if (typeof v === 'number') {
if ((v | 0) === v && (v !== 0 || 1 / v > 0)) {
bytes[at] = 16; view.setInt32(behind, v, true); at = behind + 4;
} else {
bytes[at] = 1; view.setFloat64(behind, v, true); at = behind + 8;
}
} else if (typeof v === 'boolean') {
bytes[at] = 8; bytes[behind] = v ? 1 : 0; at = behind + 1;
} else {
if (typeof v === 'object' ? v === null : typeof v !== 'function') at = encoder.value(v, ${rest});
else if (typeof v[convert] === 'function') at = encoder.value(v[convert](), ${rest});
else if (typeof v === 'function') at = encoder.value(v, ${rest});
else if (v[tag] == null) at = encoder.untagged(v, ${rest});
else at = encoder.tagged(v, ${rest});
${grown}
}`;
}
