/**
 * What a signal that ends the process does to the pools in it: one handler per process, however many
 * pools and copies of this module there are. Whether the process ends, and how, is not decided here:
 * the signal is sent again when nobody else listens to it, and else left to those who do.
 */
import { LOOK_MS, Stillness } from './drain';
import { Requests } from './requests';

/** A pool, as far as a shutdown goes. Copies of this module, of other versions too, share these. */
export interface Participant {
  /** How long its operations may go on, in milliseconds. */
  readonly drainMS: number;
  /** Whether something of it is under way. */
  readonly isBusy: boolean;
  /** Ends what would never end by itself. Never fails. */
  prepare(): void;
  /** Closes it; `lateAfterMS` is 0 or the time that was over. */
  close(lateAfterMS: number): Promise<void>;
}

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGUSR2';

const SIGNALS: readonly Signal[] = ['SIGTERM', 'SIGINT', 'SIGUSR2'];

/** How long pools that are not waited for may hold up the end, in milliseconds. */
const FORCED_MS = 1_000;

/** How long requests have to say that their operation failed, in milliseconds. */
const LAST_WORDS_MS = 250;

/** One shutdown. */
interface Ending {
  readonly begun: number;
  /** When the last pool's time is over, in milliseconds after that. */
  readonly longestMS: number;
  /** Others listen to the signal: the process is theirs. */
  isLeft: boolean;
  /** Pools that are being closed. */
  readonly closing: Promise<unknown>[];
  /** Has it wait no longer. */
  readonly finish: () => void;
}

export class Signals {
  readonly #participants = new Set<Participant>();
  readonly #requests = new Requests();
  #ending: Ending | undefined;
  #isListening = false;
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#receive(signal as Signal);

  /** From now on `participant` is ended by signals. */
  join(participant: Participant): void {
    if (!process.getBuiltinModule('node:worker_threads').isMainThread) return;
    this.#participants.add(participant);
    if (this.#ending !== undefined) participant.prepare();
    if (this.#isListening) return;
    this.#isListening = true;
    // Before others, of which those that listen once are gone when they have been called.
    for (const signal of SIGNALS) process.prependListener(signal, this.#onSignal);
    this.#requests.watch();
  }

  /** It has been closed. Without any the signals do what they do without polypool. */
  leave(participant: Participant): void {
    this.#participants.delete(participant);
    if (this.#participants.size > 0 || this.#ending?.isLeft === false) return;
    // Whose process it is may send the signal again now, and not to us.
    this.#ending?.finish();
    this.#ending = undefined;
    this.#unlisten();
  }

  #unlisten(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
    this.#requests.leave();
  }

  #receive(signal: Signal): void {
    const isLeft = this.#hasOthers(signal);
    // By convention it restarts a process, but who listens to it may mean anything by it.
    if (signal === 'SIGUSR2' && isLeft) return;
    if (this.#ending === undefined) void this.#end(signal, isLeft);
    else void this.#force(this.#ending, signal, isLeft);
  }

  /** Lets what was begun end, then closes the pools. */
  async #end(signal: Signal, isLeft: boolean): Promise<void> {
    const { promise, resolve } = whenResolved();
    const begun = performance.now();
    const longestMS = Math.max(...Array.from(this.#participants, one => one.drainMS));
    const ending: Ending = { begun, longestMS, isLeft, closing: [], finish: resolve };
    this.#ending = ending;
    for (const participant of this.#participants) participant.prepare();
    if (!isLeft) this.#requests.stopAccepting();
    const stop = this.#watch(ending);
    await promise;
    stop();
    this.#closeAll(ending, () => 0);
    await Promise.allSettled(ending.closing);
    if (!ending.isLeft) await this.#hearOut();
    this.#finish(ending, signal);
  }

  /** Has an ending noticed when it is over; gives what stops that. */
  #watch(ending: Ending): () => void {
    const stillness = new Stillness();
    const look = (): void => {
      const now = performance.now();
      const waited = now - ending.begun;
      this.#closeAll(ending, ({ drainMS }) => (waited >= drainMS ? drainMS : undefined));
      const isStill = stillness.isReached(this.#isBusy, now);
      // What others still mean to do with the pools only they know.
      if (ending.isLeft ? this.#participants.size === 0 : isStill) ending.finish();
      else if (waited >= ending.longestMS) ending.finish();
    };
    const timer = setInterval(look, LOOK_MS);
    // Then whoever keeps the process alive does so for reasons of their own.
    if (ending.isLeft) timer.unref();
    process.once('beforeExit', ending.finish);
    return () => {
      clearInterval(timer);
      process.removeListener('beforeExit', ending.finish);
    };
  }

  get #isBusy(): boolean {
    if (this.#requests.isBusy) return true;
    for (const participant of this.#participants) if (participant.isBusy) return true;
    return false;
  }

  /** Closes those for which `lateAfterMS` has a number. */
  #closeAll(ending: Ending, lateAfterMS: (one: Participant) => number | undefined): void {
    for (const participant of this.#participants) {
      const late = lateAfterMS(participant);
      if (late === undefined) continue;
      this.#participants.delete(participant);
      ending.closing.push(participant.close(late));
    }
  }

  /** What has just failed is still to be told to those who asked for it. */
  async #hearOut(): Promise<void> {
    const until = performance.now() + LAST_WORDS_MS;
    while (this.#requests.isBusy && performance.now() < until) await sleep(LOOK_MS);
  }

  /** Waits no longer, and for the pools only a moment. */
  async #force(ending: Ending, signal: Signal, isLeft: boolean): Promise<void> {
    ending.isLeft = isLeft;
    this.#closeAll(ending, () => 0);
    ending.finish();
    await Promise.race([Promise.allSettled(ending.closing), sleep(FORCED_MS)]);
    this.#finish(ending, signal);
  }

  #finish(ending: Ending, signal: Signal): void {
    if (this.#ending !== ending) return;
    this.#ending = undefined;
    const isLeft = ending.isLeft || this.#hasOthers(signal);
    if (!isLeft || this.#participants.size === 0) this.#unlisten();
    if (!isLeft) raise(signal);
  }

  #hasOthers(signal: Signal): boolean {
    const others = process.listeners(signal).filter(listener => listener !== this.#onSignal);
    return others.length > exitHooks();
  }
}

/**
 * Listeners of the package signal-exit, which many tools load. They clean up and send the signal
 * again, but only when nobody else listens.
 */
function exitHooks(): number {
  const shared = globalThis as { [SIGNAL_EXIT]?: { count?: number } };
  const before = process as { __signal_exit_emitter__?: { count?: number } };
  return (shared[SIGNAL_EXIT]?.count ?? 0) + (before.__signal_exit_emitter__?.count ?? 0);
}

const SIGNAL_EXIT = Symbol.for('signal-exit emitter');

/** Has the process end as it would have without a listener, and with the exit code of that. */
function raise(signal: Signal): void {
  // The first process of a container ignores it: then the event loop's end is the process's.
  if (process.pid === 1) {
    process.exitCode = 128 + process.getBuiltinModule('node:os').constants.signals[signal];
  }
  process.kill(process.pid, signal);
  // There are exit hooks, if this is reached. An event loop that is empty would not wait for them.
  setTimeout(() => undefined, FORCED_MS);
}

function whenResolved(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>(done => (resolve = done));
  return { promise, resolve };
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, milliseconds));
}

/** Copies of this module find the process's one by it. */
const SIGNALS_OF_PROCESS = Symbol.for('polypool.signals');

/** The one of the process. */
export function processSignals(): Signals {
  const known = (globalThis as { [SIGNALS_OF_PROCESS]?: Signals })[SIGNALS_OF_PROCESS];
  if (known !== undefined) return known;
  const made = new Signals();
  Object.defineProperty(globalThis, SIGNALS_OF_PROCESS, { configurable: true, value: made });
  return made;
}
