/**
 * Documents out of a reply's memory, by decoders of our own with the driver's default options. A
 * document that they do not know what to make of is left to js-bson. Loaded when a process has read
 * a few documents: one that ends before is not to pay for it.
 */
import { readDocument } from './interpret';
import type { Document } from './options';
import { Site } from './site';
import { Source } from './source';

/** The smallest document: its length and its terminator. */
const SMALLEST = 5;

const source = new Source();
/** What documents begin with that are not in other documents. */
const site = new Site();

/** Reads in `buffer` from now on, up to `limit`, and refuses strings that are not UTF-8 if asked. */
export function open(buffer: Buffer, limit: number, validates: boolean): void {
  source.open(buffer, limit, validates);
}

/** Keeps nothing of the reply. */
export function close(): void {
  source.close();
}

/** The document at `start`; nothing if js-bson is to read it, or to say what is wrong. */
export function read(start: number): Document | undefined {
  try {
    const end = start + source.view.getInt32(start, true);
    if (end < start + SMALLEST || end > source.limit) return undefined;
    source.end = end;
    return readDocument(source, start, site);
  } catch {
    return undefined;
  }
}
