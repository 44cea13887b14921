/** What is known of one stream's course: what it has given and how far behind it is. It reads nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { ResumeToken } from 'mongodb';
import type { Document } from '../bson/options';

/** Where a stream's cursor is. */
export interface StreamConnection {
  /** `host:port` of the server that has the cursor. */
  readonly address: string;
  /** The connection that waits for events right now, as connection events number it. */
  readonly connectionId?: number;
}

/** One change stream that is open on the server. */
export interface Watch {
  /** `database.collection`, `database`, or `*` for a whole deployment. */
  readonly namespace: string;
  /** When it was first opened. */
  readonly since: Date;
  /** Events that it has given. */
  readonly events: number;
  /** When the last of them was given; null before the first. */
  readonly lastEvent: Date | null;
  /** How old that event was then by the server's clock, in milliseconds; null when not known. */
  readonly lagMS: number | null;
  /** For how long the place where it could go on has been the same, in milliseconds; null without one. */
  readonly resumeTokenAgeMS: number | null;
  /** How often a failed cursor has been replaced. */
  readonly resumes: number;
  /** Who reads it: more than one of a shared stream. */
  readonly listeners: number;
  /** Null while its cursor is being replaced. */
  readonly connection: StreamConnection | null;
}

export class Progress {
  readonly since = new Date();
  events = 0;
  resumes = 0;
  #lastEvent: Date | null = null;
  #lagMS: number | null = null;
  /** Where it could go on. */
  #token: ResumeToken = null;
  /** Since when. */
  #movedAt: number | null = null;

  /** An event is handed out. */
  took(change: Document): void {
    const now = Date.now();
    this.events += 1;
    this.#lastEvent = new Date(now);
    const at = eventTime(change);
    this.#lagMS = at === undefined ? null : Math.max(0, now - at);
  }

  /** Where the stream could go on now, which may be where it could before. */
  moved(token: ResumeToken): void {
    if (this.#movedAt !== null && isSame(token, this.#token)) return;
    this.#token = token;
    this.#movedAt = Date.now();
  }

  /** What there is to tell, but for who reads it and where its cursor is. */
  get view(): Omit<Watch, 'namespace' | 'listeners' | 'connection'> {
    return {
      since: this.since,
      events: this.events,
      lastEvent: this.#lastEvent,
      lagMS: this.#lagMS,
      resumeTokenAgeMS: this.#movedAt === null ? null : Date.now() - this.#movedAt,
      resumes: this.resumes
    };
  }
}

/** Servers since 4.2 write a token as text. */
function isSame(one: ResumeToken, other: ResumeToken): boolean {
  const [a, b] = [one, other].map(token => (token as Document | null)?.['_data'] as unknown);
  return typeof a === 'string' ? a === b : isDeepStrictEqual(one, other);
}

/** From MongoDB 6.0 on events have a time of their own; before, the second of their cluster time. */
function eventTime({ wallTime, clusterTime }: Document): number | undefined {
  if (wallTime instanceof Date) return wallTime.getTime();
  const seconds = (clusterTime as { high?: number } | undefined)?.high;
  return seconds === undefined ? undefined : seconds * 1_000;
}
