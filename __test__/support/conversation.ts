// Owns what can be told of a MongoDB connection from outside: whether its messages are whole, and
// answered, when the next request is sent. Must not know what a message says.

/** Messages begin with their length, a little-endian int32 that counts itself. */
const LENGTH_BYTES = 4;

/** The messages in a stream of bytes. */
class Messages {
  /** Those whose last byte has come. */
  whole = 0;
  /** Of the one that has begun: bytes of its length, and bytes that are to come. */
  #length: number[] = [];
  #missing = 0;
  readonly #begins: () => void;

  /** @param begins - called before the first byte of each message is taken note of */
  constructor(begins: () => void = () => undefined) {
    this.#begins = begins;
  }

  /** A message has begun and not ended. */
  get isOpen(): boolean {
    return this.#length.length > 0;
  }

  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#length.length === 0) this.#begins();
      if (this.#length.length < LENGTH_BYTES) {
        this.#length.push(bytes[at++]!);
        if (this.#length.length < LENGTH_BYTES) continue;
        this.#missing = Buffer.from(this.#length).readInt32LE() - LENGTH_BYTES;
      }
      const taken = Math.min(this.#missing, bytes.length - at);
      this.#missing -= taken;
      at += taken;
      if (this.#missing > 0) continue;
      this.whole += 1;
      this.#length = [];
    }
  }
}

/**
 * One connection, on which each request is answered before the next is sent: a client that gave an
 * operation up and sends another on the same connection would take the late answer for the second's.
 */
export class Conversation {
  readonly #requests = new Messages(() => this.#asks());
  readonly #replies = new Messages();
  /** What the client did wrong first. */
  fault: string | undefined;

  /** Bytes that the client has sent. */
  sent(bytes: Uint8Array): void {
    this.#requests.read(bytes);
  }

  /** Bytes that the client can have got by now. */
  delivered(bytes: Uint8Array): void {
    this.#replies.read(bytes);
  }

  #asks(): void {
    const { whole } = this.#requests;
    if (whole <= this.#replies.whole && !this.#replies.isOpen) return;
    this.fault ??= `request ${whole + 1} was sent before the answer to ${whole} was whole`;
  }
}
