/**
 * What is left of a cursor as JSON: in one piece, or as a stream. It puts text together; how batches
 * become text is Rust's business, and how they come `batches.ts`'s.
 */
import { Readable } from 'node:stream';
import type { Document } from '../bson/options';
import { KeptText } from '../bson/kept-text';
import { driverErrors } from '../error';
import { executeNextText } from '../operations/execute';
import { isLines, stringifyAll, type JSONRequest } from '../operations/json';
import type { Batches } from './batches';
import { NEAR } from './read-ahead';

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
      // Text that is wanted whole comes in one piece.
      if (text !== undefined) array = text as Buffer;
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

/** A batch's text, or nothing at the cursor's end. */
type Text = Buffer | KeptText | undefined;

/**
 * A JSON array or lines, a batch at a time, and of large ones a piece at a time. A batch is asked for when
 * there is room, and while a large one is read, the next. Being destroyed, it closes the cursor.
 */
export class JSONStream extends Readable {
  readonly #source: Source;
  readonly #request: JSONRequest;
  /**
   * A piece, or the end, is on its way. No longer when the last of it is pushed: that may ask for the next one
   * before it returns, and what a stream has asked for once it does not ask for again.
   */
  #pumping = false;
  /** The large batch that is being read. */
  #current: KeptText | undefined;
  /** The batch behind that one. */
  #ahead: Promise<Text> | undefined;
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
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pump().catch((error: unknown) => this.destroy(error as Error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#current?.drop();
    void this.#ahead?.then(drop, () => undefined);
    this.#source.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? (closing as Error))
    );
  }

  /** Pushes one piece, or the end. */
  async #pump(): Promise<void> {
    const begun = this.#current;
    const text = begun ?? (await this.#next());
    if (this.destroyed) {
      drop(text);
      return;
    }
    const piece = text instanceof KeptText ? await this.#read(text) : text;
    if (this.destroyed) return;
    if (piece === undefined) this.#end();
    else this.#write(piece, begun !== undefined);
  }

  /** The text of the next batch. */
  async #next(): Promise<Text> {
    const { batches } = this.#source;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    // A cursor that was closed before gives an empty array, as it gives no documents.
    const live = this.#started || !batches.killed;
    let text = await ahead;
    while (text === undefined && live && !batches.empty) {
      [text] = takeBuffered(batches, this.#request);
      text ??= await this.#fetch();
    }
    // It may also be closed between two batches.
    if (text === undefined && live) throwIfInterrupted(batches);
    return text;
  }

  async #fetch(): Promise<Text> {
    const { batches } = this.#source;
    const text = await batches.fetchText(this.#request);
    if (this.destroyed) drop(text);
    else throwIfInterrupted(batches);
    return text;
  }

  /** The next piece of a large batch. While that is read, the next batch is fetched. */
  async #read(text: KeptText): Promise<Buffer> {
    this.#current = text;
    this.#askAhead(text);
    const piece = await executeNextText(text);
    if (text.left === 0) this.#current = undefined;
    this.#askAhead(text);
    return piece;
  }

  /** Has the batch after this one fetched, if it is time. */
  #askAhead({ left }: KeptText): void {
    if (left > NEAR || this.#ahead !== undefined || this.#source.batches.ended) return;
    this.#ahead = this.#fetch();
    // Told when the batch is wanted.
    this.#ahead.catch(() => undefined);
  }

  /** Pushes a piece; `continued` says that pieces of its batch come before it. */
  #write(piece: Buffer, continued: boolean): void {
    if (!this.#isLines && !continued) this.push(this.#started ? COMMA : OPEN);
    this.#started = true;
    this.#pumping = false;
    this.push(piece);
  }

  #end(): void {
    if (!this.#started && !this.#isLines) this.push(OPEN);
    if (!this.#isLines) this.push(CLOSE);
    this.push(null);
  }
}

function drop(text: Text): void {
  if (text instanceof KeptText) text.drop();
}
