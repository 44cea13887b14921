/**
 * What the addon refers to of a bridge: enough to wake it, too little to keep it. A module instance
 * that is left (by a test runner, by a hot reload) is garbage, and its bridge closes with it.
 *
 * It must import nothing and know the bridge by its parameters alone: closures keep all that the
 * scopes around them refer to, which in the bridge's own file is the bridge. The package
 * has it in a file of its own, too.
 */

/** An end of the boundary, as far as the addon is concerned. */
interface End {
  drain(): void;
}

export class Link<T extends End> {
  /** The end while promises wait, when nothing else may refer to it. */
  busy: T | undefined;
  readonly #end: WeakRef<T>;
  /** Closes the addon's side. It lies here because a registry that is garbage calls nobody. */
  readonly #garbage: FinalizationRegistry<number>;

  /** @param close - closes the addon's side by its handle; must not refer to `end` */
  constructor(end: T, close: (handle: number) => void) {
    this.#end = new WeakRef(end);
    this.#garbage = new FinalizationRegistry(close);
  }

  /** Opens the addon's side, which is closed when the end is garbage. */
  open(create: (wake: () => void) => number): number {
    const handle = create(() => this.#end.deref()?.drain());
    this.#garbage.register(this.#end.deref()!, handle);
    return handle;
  }
}
