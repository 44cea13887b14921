// Owns what a browser does for a site between requests: it keeps cookies and sends forms. Must not
// know the site, nor whether requests reach it through a socket or as calls.

/** Answers a request: `fetch`, or an app that takes requests as objects. */
export type Site = (request: Request) => Promise<Response>;

/** A visitor with cookies of its own. It follows no redirects: tests look at them. */
export class Browser {
  readonly #site: Site;
  readonly #cookies: Map<string, string>;

  constructor(site: Site = fetch, cookies: ReadonlyMap<string, string> = new Map()) {
    this.#site = site;
    this.#cookies = new Map(cookies);
  }

  /** What it holds now, to be given to another browser. */
  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  async get(url: string): Promise<Response> {
    return await this.#send(url, {});
  }

  /** Sends a form: URL-encoded, or, if it is FormData, in parts with its files. */
  async post(url: string, form: Record<string, string> | FormData = {}): Promise<Response> {
    const body = form instanceof FormData ? form : new URLSearchParams(form);
    return await this.#send(url, { method: 'POST', body });
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const headers = { cookie: [...this.#cookies].map(pair => pair.join('=')).join('; ') };
    const response = await this.#site(new Request(url, { ...init, headers, redirect: 'manual' }));
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** @param line `name=value; attribute=value; …` */
  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    const expires = attributes.find(one => /^expires=/i.test(one))?.slice('expires='.length);
    const gone = expires !== undefined && Date.parse(expires) < Date.now();
    if (gone || attributes.some(one => /^max-age=0$/i.test(one))) this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(name.length + 1));
  }
}
