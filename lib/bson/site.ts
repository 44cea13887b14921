/**
 * A place where documents are found: a batch, a field, an array. The last one's shape is the best
 * guess for the next. It knows nothing of how shapes are found.
 */
import type { Document } from './options';
import type { Source } from './source';

/** Reads the document at `start`; nothing if it has other keys than this decoder is for. */
export type Decoder = (source: Source, start: number) => Document | undefined;

const NONE: Decoder = () => undefined;

export class Site {
  /** What read the last document that was of a known shape. */
  decoder: Decoder = NONE;
  /** Documents in a row that were of no known shape. */
  strangers = 0;

  /** Guesses nothing. */
  reset(): void {
    this.decoder = NONE;
  }

  /** Guesses nothing, if it guessed this one. */
  forget(decoder: Decoder): void {
    if (this.decoder === decoder) this.reset();
  }
}
