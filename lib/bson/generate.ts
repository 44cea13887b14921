/**
 * Decoders for one shape each, as code: keys are compared as words of 32 bits and the document is
 * made by one constructor, so that V8 gives all documents of the shape one hidden class. Names reach
 * the code as literals of JSON and no other way. It knows nothing of when a decoder is worth it.
 */
import type { Field } from './shape';
import { Site, type Decoder } from './site';
import { UNUSUAL, type Source } from './source';
import { type as types } from './type';
import { isReferenceKey, type Integers } from './value';
import { wordAt } from './word';

/** What generated code calls. */
export interface Runtime {
  /** Reads the twelve bytes at `at`. */
  readonly readObjectId: (source: Source, at: number) => unknown;
  /** An ObjectId that stays, so that the code for their hidden class does. */
  readonly specimen: object;
  /** What {@link int64} gives. */
  readonly integers: Integers;
  int64(source: Source, at: number): unknown;
  readArray(source: Source, start: number, site: Site): unknown[];
  readDocument(source: Source, start: number, site: Site): object;
  readValue(source: Source, type: number, at: number, site: Site): unknown;
}

/** What is generated for a shape. */
export interface Generated {
  readonly decoder: Decoder;
  /** The places of its fields. */
  readonly sites: readonly Site[];
}

/** Fields of the largest shape. V8 does not optimise functions much larger than that. */
const FIELDS = 256;

/**
 * The decoder for documents with these keys. None for documents that may be references, that have
 * a key that a literal cannot have, or that have too many.
 * @throws whatever `Function` does where the process does not allow code to be generated
 */
export function compile(fields: readonly Field[], runtime: Runtime): Generated | undefined {
  if (fields.length > FIELDS || fields.some(({ key }) => key === '__proto__')) return undefined;
  const dollars = fields.filter(({ key }) => key.startsWith('$'));
  if (dollars.length > 0 && dollars.every(({ key }) => isReferenceKey(key))) return undefined;
  const sites = fields.map(() => new Site());
  const names = ['runtime', 'sites', 'unusual', 'prototype'];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- this is what the file is for
  const generate = new Function(...names, sourceOf(fields, runtime.integers)) as (
    runtime: Runtime,
    sites: readonly Site[],
    unusual: Error,
    prototype: object
  ) => { decoder: Decoder; specimens: readonly object[] };
  const { decoder, specimens } = generate(runtime, sites, UNUSUAL, Object.prototype);
  return { decoder: Object.assign(decoder, { specimens }), sites };
}

/**
 * Documents come out of a constructor, whose hidden classes no other code shares: those of literals
 * are everybody's who writes the same keys, and change under the decoder. Their prototype is that of
 * plain objects, and the name is what a heap snapshot shows.
 *
 * V8 drops a hidden class with the last object of it, and the code that was optimised for it. Two
 * specimens live as long as the decoder. As their values are of two kinds, fields are of any kind to
 * V8 from the start, and it does not change its mind about them with the documents that come.
 */
function sourceOf(fields: readonly Field[], integers: Integers): string {
  const keys = fields.reduce((sum, { header }) => sum + header.length, 0);
  const names = fields.map((_, i) => `v${i}`);
  return `'use strict';
const { readObjectId } = runtime;
${fields.map((_, i) => `const s${i} = sites[${i}];`).join('\n')}
function Object(${names.join(', ')}) {
${fields.map(({ key }, i) => `this[${JSON.stringify(key)}] = v${i};`).join('\n')}
}
Object.prototype = prototype;
const specimens = [0, null].map(value => new Object(${fields.map(() => 'value').join(', ')}));
const decoder = (source, start) => {
const { bytes, view } = source;
const size = view.getInt32(start, true);
if (size < ${4 + keys + 1}) return undefined;
let at = start + 4, word = 0, n = 0;
${names.length > 0 ? `let ${names.join(', ')};` : ''}
${fields.map((field, i) => fieldSource(field, i, integers)).join('\n')}
if (bytes[at] !== 0) return undefined;
if (at + 1 !== start + size) throw unusual;
return new Object(${names.join(', ')});
};
return { decoder, specimens };`;
}

/** Reads one field into its variable and moves on, or gives the shape up. */
function fieldSource({ type, header }: Field, index: number, integers: Integers): string {
  const { length } = header;
  const mask = length >= 4 ? -1 : (1 << (8 * length)) - 1;
  const word = wordAt(header, 0) & mask;
  // The words after the first, the last of which may overlap the one before it.
  const others: string[] = [];
  for (let at = 4; at < length; at += 4) {
    const from = Math.min(at, length - 4);
    others.push(`view.getInt32(at + ${from}, true) !== ${wordAt(header, from)}`);
  }
  const value = valueSource(type, index, length, integers);
  const other = `v${index} = runtime.readValue(source, word & 255, at + ${length}, s${index}); at = source.at;`;
  return `word = view.getInt32(at, true)${mask === -1 ? '' : ` & ${mask}`};
${others.length > 0 ? `if (${others.join(' || ')}) return undefined;` : ''}
if (word === ${word}) { ${value ?? other} }
else if (((word ^ ${word}) & -256) === 0) { ${other} }
else return undefined;`;
}

/** Reads a value of the type that the shape was learned with; nothing if it is a rare one. */
function valueSource(
  type: number,
  index: number,
  header: number,
  integers: Integers
): string | undefined {
  const v = `v${index}`;
  const at = `at + ${header}`;
  const next = (size: number) => `at += ${header + size};`;
  switch (type) {
    case types.DOUBLE:
      return `${v} = view.getFloat64(${at}, true); ${next(8)}`;
    case types.STRING:
      return `${v} = source.string(${at}); at += ${header + 4} + view.getInt32(${at}, true);`;
    case types.DOCUMENT:
      return `${v} = s${index}.decoder(source, ${at});
if (${v} === undefined) ${v} = runtime.readDocument(source, ${at}, s${index});
at += ${header} + view.getInt32(${at}, true);`;
    case types.ARRAY:
      return `${v} = runtime.readArray(source, ${at}, s${index}); at += ${header} + view.getInt32(${at}, true);`;
    case types.OBJECT_ID:
      return `${v} = readObjectId(source, ${at}); ${next(12)}`;
    case types.BOOLEAN:
      return `n = bytes[${at}]; if (n > 1) throw unusual; ${v} = n === 1; ${next(1)}`;
    case types.DATE:
      return `${v} = new Date(view.getInt32(at + ${header + 4}, true) * 4294967296 + view.getUint32(${at}, true)); ${next(8)}`;
    case types.UNDEFINED:
    case types.NULL:
      return `${v} = ${type === types.NULL ? 'null' : 'undefined'}; ${next(0)}`;
    case types.INT32:
      return `${v} = view.getInt32(${at}, true); ${next(4)}`;
    case types.INT64:
      if (integers !== 'numbers') return `${v} = runtime.int64(source, ${at}); ${next(8)}`;
      return `n = view.getInt32(at + ${header + 4}, true);
${v} = n >= -2097152 && n < 2097152 ? n * 4294967296 + view.getUint32(${at}, true) : runtime.int64(source, ${at});
${next(8)}`;
    default:
      return undefined;
  }
}
