/** The address of a server in `client.options.hosts`, as code written for the driver reads it. */

/** What Rust says of a host of the connection string. */
export interface HostRecord {
  host?: string;
  port?: number;
  socketPath?: string;
  isIPv6?: boolean;
}

/** The shape of the driver's class of this name (mongodb 7.8, `utils.ts`). */
export class HostAddress {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly socketPath: string | undefined;
  readonly isIPv6: boolean;

  constructor(record: HostRecord) {
    this.host = record.host;
    this.port = record.port;
    this.socketPath = record.socketPath;
    this.isIPv6 = record.isIPv6 ?? false;
    Object.freeze(this);
  }

  inspect(): string {
    return `new HostAddress('${this.toString()}')`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.inspect();
  }

  /** `host:port`, with brackets around an IPv6 address, or the socket's path. */
  toString(): string {
    if (this.host === undefined) return String(this.socketPath);
    return this.isIPv6 ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  toHostPort(): { host: string; port: number } {
    if (this.socketPath !== undefined) return { host: this.socketPath, port: 0 };
    return { host: this.host ?? '', port: this.port ?? 0 };
  }
}
