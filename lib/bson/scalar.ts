/**
 * Values of a fixed size as BSON: numbers, times and the small classes of js-bson. Its callers made
 * room for them, and know what is left to js-bson.
 */
import type {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId
} from './bson';
import { REFUSED_KEY, type Sink } from './sink';

/** Returned for a value that is left to js-bson; nothing of it was written. */
export const LEFT = -1;
const WORD = 2 ** 32;
/** Binary data that holds its size twice, and vectors, which are validated. */
const OLD_BINARY = 2;
const VECTOR = 9;

export function writeNumber(sink: Sink, value: number, type: number, at: number): number {
  if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
    sink.bytes[type] = 0x10;
    sink.view.setInt32(at, value, true);
    return at + 4;
  }
  sink.bytes[type] = 0x01;
  sink.view.setFloat64(at, value, true);
  return at + 8;
}

/** @param time - in milliseconds since 1970, as a `Date` says */
export function writeTime(sink: Sink, time: unknown, type: number, at: number): number {
  if (!Number.isSafeInteger(time)) return LEFT;
  sink.bytes[type] = 0x09;
  sink.view.setInt32(at, time as number, true);
  sink.view.setInt32(at + 4, Math.floor((time as number) / WORD), true);
  return at + 8;
}

/** Writes a value of a class of js-bson's. @param name - of the class */
export function writeTagged(
  sink: Sink,
  value: object,
  name: unknown,
  type: number,
  at: number
): number {
  switch (name) {
    case 'ObjectId':
      sink.bytes[type] = 0x07;
      return at + (value as Serializable).serializeInto(sink.bytes, at);
    case 'Long':
      return writeLong(sink, value as Long, 0x12, type, at);
    case 'Timestamp':
      return writeLong(sink, value as Long, 0x11, type, at);
    case 'Double':
      sink.bytes[type] = 0x01;
      sink.view.setFloat64(at, (value as Double).value, true);
      return at + 8;
    case 'Int32':
      sink.bytes[type] = 0x10;
      sink.view.setInt32(at, (value as Int32).valueOf(), true);
      return at + 4;
    case 'Decimal128':
      return writeDecimal(sink, value as Decimal128, type, at);
    case 'Binary':
      return writeBinary(sink, value as Binary, type, at);
    case 'MinKey':
      sink.bytes[type] = 0xff;
      return at;
    case 'MaxKey':
      sink.bytes[type] = 0x7f;
      return at;
    case 'BSONSymbol':
      return writeSymbol(sink, value as BSONSymbol, type, at);
    case 'BSONRegExp':
      return writePattern(sink, value as BSONRegExp, type, at);
    default:
      return LEFT;
  }
}

/** What js-bson calls, though it is not in its types. */
type Serializable = ObjectId & { serializeInto: (bytes: Uint8Array, at: number) => number };

function writeLong(sink: Sink, value: Long, code: number, type: number, at: number): number {
  sink.bytes[type] = code;
  sink.view.setInt32(at, value.getLowBits(), true);
  sink.view.setInt32(at + 4, value.getHighBits(), true);
  return at + 8;
}

function writeDecimal(sink: Sink, { bytes }: Decimal128, type: number, at: number): number {
  sink.bytes[type] = 0x13;
  for (let i = 0; i < 16; i++) sink.bytes[at + i] = bytes[i]!;
  return at + 16;
}

function writeBinary(sink: Sink, value: Binary, type: number, at: number): number {
  const { buffer, position, sub_type } = value;
  if (sub_type === OLD_BINARY || sub_type === VECTOR || buffer.length !== position) return LEFT;
  sink.bytes[type] = 0x05;
  sink.view.setInt32(at, position, true);
  sink.bytes[at + 4] = sub_type;
  return sink.copy(at + 5, buffer);
}

function writeSymbol(sink: Sink, symbol: BSONSymbol, type: number, at: number): number {
  const text: unknown = symbol.value;
  if (typeof text !== 'string') return LEFT;
  sink.bytes[type] = 0x0e;
  return sink.string(at, text);
}

function writePattern(sink: Sink, value: BSONRegExp, type: number, at: number): number {
  const { pattern, options } = value as { pattern: unknown; options: unknown };
  if (typeof pattern !== 'string' || typeof options !== 'string') return LEFT;
  const sorted = options.length < 2 ? options : options.split('').sort().join('');
  return writeExpression(sink, pattern, sorted, type, at);
}

/** Writes an expression of JavaScript's, of whose flags BSON has three; `s` stands for `g`. */
export function writeRegExp(sink: Sink, value: object, type: number, at: number): number {
  if (!(value instanceof RegExp)) return LEFT;
  const { ignoreCase, global, multiline } = value;
  const source: unknown = value.source;
  if (typeof source !== 'string') return LEFT;
  const flags = `${ignoreCase ? 'i' : ''}${global ? 's' : ''}${multiline ? 'm' : ''}`;
  return writeExpression(sink, source, flags, type, at);
}

/** Both are written as keys are, with a zero behind them. */
function writeExpression(
  sink: Sink,
  pattern: string,
  flags: string,
  type: number,
  at: number
): number {
  const middle = sink.key(at, pattern);
  const end = middle === REFUSED_KEY ? middle : sink.key(middle, flags);
  if (end === REFUSED_KEY) return LEFT;
  sink.bytes[type] = 0x0b;
  return end;
}
