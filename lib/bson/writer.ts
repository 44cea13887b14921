/**
 * What a writer for one layout is to those who use it, however it comes to be. Writers know the sink and
 * the encoder's values, and neither documents nor when they are asked.
 */
import type { FieldName } from './field-name';
import type { Sink } from './sink';

/** Returned for an object with other keys; nothing of it was written then. */
export const MISS = -1;

/** What writes the values that generated code leaves. */
export interface ValueWriter {
  readonly sink: Sink;
  /** `undefined` is left out of documents. */
  readonly ignores: boolean;
  /**
   * Writes a value that has no `toBSON`, or came out of one, behind its name.
   * @param type - where its type goes
   * @param under - the name it stands under
   * @returns the end, which is `type` for what is left out
   */
  value(value: unknown, type: number, at: number, under: FieldName): number;
  /** The same for an object that says that it is of one of js-bson's classes. */
  tagged(value: object, type: number, at: number, under: FieldName): number;
  /** The same for one that does not. */
  untagged(value: object, type: number, at: number, under: FieldName): number;
}

/**
 * Writes the properties of an object and no more than that.
 * @param keys - all of the object's
 * @param at - where the first element goes
 * @returns the end, or {@link MISS}
 */
export type Writer = (
  object: object,
  keys: readonly string[],
  at: number,
  encoder: ValueWriter
) => number;
