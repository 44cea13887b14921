/**
 * On which deployment the place of a change stream is, where others stand in for the pool's own
 * (`fallbackURIs`). A place means nothing on another: some the server refuses, others it takes for
 * places of its own. What is said of a stream that is not where it was, `place.ts` knows.
 */
import type { Hold } from '../bridge/pool';

/** The pool, as far as it is needed. */
export interface DeploymentHome {
  /** @throws MongoNotConnectedError after `close()` */
  hold(): Hold;
  /** Databases with a client of their own, which has no fallback. */
  readonly scale: { has(database: string): boolean };
}

/** The deployments of a pool that has a fallback, of which one is in use. */
export class Deployments {
  readonly #home: DeploymentHome;
  /** How often another one has been taken into use, as far as that has been told. */
  #changes = 0;

  constructor(home: DeploymentHome) {
    this.#home = home;
  }

  /** Another one is in use from now on. */
  changed(): void {
    this.#changes += 1;
  }

  /** The one in use, as a value that differs from that of any other; undefined when the pool is closed. */
  inUse(database: string | undefined): number | undefined {
    if (database !== undefined && this.#home.scale.has(database)) return 0;
    try {
      // The hold knows at once what listeners are told a moment later.
      return this.#changes * 2 + (this.#home.hold().isDegraded ? 1 : 0);
    } catch {
      return undefined;
    }
  }
}

/** The deployment that a place is on. */
export class Ground {
  readonly #deployments: Deployments;
  readonly #database: string | undefined;
  /** See {@link Deployments.inUse}; undefined until it is known. */
  #taken: number | undefined;

  /** @param database - the one that is watched; undefined of a whole deployment */
  constructor(deployments: Deployments, database: string | undefined) {
    this.#deployments = deployments;
    this.#database = database;
  }

  /** It is the one in use now, unless it is known. */
  take(): void {
    this.#taken ??= this.#deployments.inUse(this.#database);
  }

  /** Another is in use. */
  get isLeft(): boolean {
    const now = this.#deployments.inUse(this.#database);
    return this.#taken !== undefined && now !== undefined && now !== this.#taken;
  }
}
