// Owns changes to a connection string: its options and hosts. Knows nothing of what an option means.

const PARTS =
  /^(?<scheme>mongodb(?:\+srv)?:\/\/)(?<userInfo>[^@/?]*@)?(?<hosts>[^/?]*)(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/;

/** A connection string, taken apart. */
export class ConnectionURI {
  readonly #scheme: string;
  readonly #userInfo: string;
  readonly #database: string;
  readonly hosts: readonly string[];
  readonly #options: ReadonlyArray<readonly [string, string]>;

  /** @throws RangeError */
  constructor(
    uri: string | ConnectionURI,
    changes: Partial<Pick<ConnectionURI, 'hosts' | 'options'>> = {}
  ) {
    const parts = PARTS.exec(String(uri))?.groups;
    if (parts === undefined) throw new RangeError('Not a connection string');
    this.#scheme = parts['scheme']!;
    this.#userInfo = parts['userInfo'] ?? '';
    this.#database = parts['database'] ?? '';
    this.hosts = changes.hosts ?? parts['hosts']!.split(',');
    this.#options = changes.options ?? [...new URLSearchParams(parts['query'] ?? '')];
  }

  get options(): ReadonlyArray<readonly [string, string]> {
    return this.#options;
  }

  /** Whether it carries credentials. */
  get authenticates(): boolean {
    return this.#userInfo !== '' || this.#has('authMechanism');
  }

  /** The same with other values of some options, whatever the case of their names. */
  with(options: Readonly<Record<string, unknown>>): ConnectionURI {
    const names = new Set(Object.keys(options).map(name => name.toLowerCase()));
    const kept = this.#options.filter(([name]) => !names.has(name.toLowerCase()));
    const added = Object.entries(options).flatMap(([name, value]) =>
      // One option can be given several times, as lists of tags are.
      (name === 'readPreferenceTags' ? (value as unknown[]) : [value]).map(
        one => [name, optionText(one)] as const
      )
    );
    return new ConnectionURI(this, { options: [...kept, ...added] });
  }

  without(name: string): ConnectionURI {
    return new ConnectionURI(this, {
      options: this.#options.filter(([other]) => other.toLowerCase() !== name.toLowerCase())
    });
  }

  /** The same with one host only. */
  toSingle(host = this.hosts[0]!): ConnectionURI {
    return new ConnectionURI(this, { hosts: [host] });
  }

  toString(): string {
    const query = this.#options
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const path = `${this.hosts.join(',')}/${this.#database}`;
    return `${this.#scheme}${this.#userInfo}${path}${query === '' ? '' : `?${query}`}`;
  }

  #has(name: string): boolean {
    return this.#options.some(([other]) => other.toLowerCase() === name.toLowerCase());
  }
}

/** How connection strings write a value: lists with commas, maps as `key:value`. */
function optionText(value: unknown): string {
  if (Array.isArray(value)) return value.map(optionText).join(',');
  if (value !== null && typeof value === 'object') {
    return Object.entries(value)
      .map(([key, inner]) => `${key}:${optionText(inner)}`)
      .join(',');
  }
  return String(value);
}
