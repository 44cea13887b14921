// Owns the data sets of MongoDB's driver benchmark: where they lie, and unpacking what is asked for
// into a temporary folder that is removed. Must not know which task reads what.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An archive, by the folder that is in it. */
export type Archive = 'extended_bson' | 'single_and_multi_document' | 'parallel';

export class BenchmarkData {
  /** The folder with the archives, or with what they hold, unpacked. */
  readonly #source: string;
  /** Where archives are unpacked; made with the first one. */
  #unpacked: Promise<string> | undefined;
  /** What has been unpacked, by archive and members. */
  readonly #done = new Map<string, Promise<string>>();

  constructor(source: string) {
    this.#source = resolve(source);
  }

  /** Why an archive's data can't be had; undefined if they can. */
  obstacle(archive: Archive): string | undefined {
    if (existsSync(this.#folder(archive)) || existsSync(this.#archive(archive))) return undefined;
    return `no ${archive}.tgz in ${this.#source}; --data names another folder`;
  }

  /**
   * The folder of an archive's files.
   *
   * @param members - unpacks only these, by their paths in that folder; all of them by default
   */
  folder(archive: Archive, members: readonly string[] = []): Promise<string> {
    if (existsSync(this.#folder(archive))) return Promise.resolve(this.#folder(archive));
    const key = [archive, ...members].join('\n');
    let folder = this.#done.get(key);
    if (!folder) {
      folder = this.#unpack(archive, members);
      this.#done.set(key, folder);
    }
    return folder;
  }

  /** Removes what was unpacked. */
  async close(): Promise<void> {
    if (this.#unpacked) await rm(await this.#unpacked, { recursive: true, force: true });
  }

  async #unpack(archive: Archive, members: readonly string[]): Promise<string> {
    this.#unpacked ??= mkdtemp(join(tmpdir(), 'polypool-bench-'));
    const target = await this.#unpacked;
    const paths = members.map(member => `${archive}/${member}`);
    await run('tar', ['-xzf', this.#archive(archive), '-C', target, ...paths]);
    return join(target, archive);
  }

  #folder(archive: Archive): string {
    return join(this.#source, archive);
  }

  #archive(archive: Archive): string {
    return join(this.#source, `${archive}.tgz`);
  }
}
