/**
 * What is left of a cursor as JSON: in one piece, or as a stream. It puts text together; how batches
 * become text is Rust's business, and how they come `batches.ts`'s.
 */
import { Readable } from 'node:stream';
import type { Document } from '../bson/options';
import { KeptText, wholeText } from '../bson/kept-text';
import { driverErrors } from '../error';
import { isLines, stringifyAll, type JSONRequest } from '../operations/json';
import type { Batches } from './batches';

const OPEN = Buffer.from('[');
const CLOSE = Buffer.from(']');
const COMMA = Buffer.from(',');

/**
 * All documents that are left, as one JSON array.
 * @throws MongoCursorExhaustedError when the cursor is closed meanwhile: half of an array is none
 */
export async function readJSON(batches: Batches, request: JSONRequest): Promise<Buffer> {
  const before = takeBuffered(batches, request);
  let array: Buffer | undefined;
  if (!batches.killed) {
    while (!batches.empty) {
      const text = await batches.fetchText(request);
      if (text !== undefined) array = wholeText(text);
      throwIfInterrupted(batches);
      // Those of a reader at the same time, and the one document of an explanation.
      before.push(...takeBuffered(batches, request));
    }
    // It may also be closed between two batches.
    throwIfInterrupted(batches);
  }
  if (before.length === 0) return array ?? Buffer.from('[]');
  const rest = array === undefined ? '' : array.subarray(1, -1);
  if (rest.length > 0) before.push(rest as Buffer);
  return Buffer.concat([OPEN, ...separated(before), CLOSE]);
}

function takeBuffered(batches: Batches, request: JSONRequest): Buffer[] {
  if (batches.killed || batches.buffer.length === 0) return [];
  const text = stringifyAll(batches.buffer.take() as Document[], request, batches.bson!);
  return [Buffer.from(text)];
}

function* separated(pieces: readonly Buffer[]): Generator<Buffer> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) yield COMMA;
    yield piece;
  }
}

function throwIfInterrupted(batches: Batches): void {
  if (batches.interrupted) throw new (driverErrors().MongoCursorExhaustedError)();
}

/** What a stream reads from, and what ends with it. */
interface Source {
  readonly batches: Batches;
  close(): Promise<void>;
}

/**
 * A JSON array or lines, a batch at a time, and of large ones a piece at a time. A batch is asked for when
 * there is room; while it is fetched, the one before is made into text. Being destroyed, it closes the cursor.
 */
export class JSONStream extends Readable {
  readonly #source: Source;
  readonly #request: JSONRequest;
  /**
   * A batch, or the end, is on its way. No longer when the last of it is pushed: that may ask for the next one
   * before it returns, and what a stream has asked for once it does not ask for again.
   */
  #pumping = false;
  /** What is left of the last batch's text. */
  #rest: KeptText | undefined;
  /** Documents have been written. */
  #started = false;

  constructor(source: Source, request: JSONRequest) {
    super();
    this.#source = source;
    this.#request = request;
  }

  get #isLines(): boolean {
    return isLines(this.#request);
  }

  override _read(): void {
    if (this.#rest !== undefined) {
      this.#pushRest(this.#rest);
      return;
    }
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pump().catch((error: unknown) => this.destroy(error as Error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#rest?.drop();
    this.#rest = undefined;
    this.#source.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? (closing as Error))
    );
  }

  /** Pushes one batch, or the end. */
  async #pump(): Promise<void> {
    const { batches } = this.#source;
    const request = this.#request;
    // A cursor that was closed before gives an empty array, as it gives no documents.
    const live = this.#started || !batches.killed;
    while (live && !batches.empty) {
      const [buffered] = takeBuffered(batches, request);
      const text = buffered ?? (await this.#fetch());
      if (this.destroyed) return;
      if (text !== undefined) {
        this.#write(text);
        return;
      }
    }
    if (!this.#started && !this.#isLines) this.push(OPEN);
    if (!this.#isLines) this.push(CLOSE);
    this.push(null);
  }

  async #fetch(): Promise<Buffer | KeptText | undefined> {
    const { batches } = this.#source;
    const text = await batches.fetchText(this.#request);
    if (!this.destroyed) throwIfInterrupted(batches);
    else if (text instanceof KeptText) text.drop();
    return text;
  }

  #write(documents: Buffer | KeptText): void {
    if (!this.#isLines) this.push(this.#started ? COMMA : OPEN);
    this.#started = true;
    this.#pumping = false;
    if (!(documents instanceof KeptText)) this.push(documents);
    // Who read what was pushed before may have had enough.
    else if (this.destroyed) documents.drop();
    else this.#pushRest(documents);
  }

  /** Pushes the next piece of a batch's text. */
  #pushRest(text: KeptText): void {
    const piece = text.take();
    this.#rest = text.length > 0 ? text : undefined;
    this.push(piece);
  }
}
