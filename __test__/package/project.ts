/**
 * An empty project with the package installed as npm would: the packed files, and beside them the
 * platform package. Its other dependencies are this checkout's, so no registry is asked.
 */
import { execFile } from 'node:child_process';
import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  writeFile
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, '../..');
/** npm's own command line, which runs with this Node.js. */
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';
/** Far above what any command here needs, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** A file of the packed package. */
export interface PackedFile {
  path: string;
  /** Bytes. */
  size: number;
}

export interface Output {
  stdout: string;
  stderr: string;
}

export class Project {
  readonly directory: string;
  /** What npm packed. */
  readonly files: readonly PackedFile[];
  /** This machine's target, such as `linux-x64-gnu`. */
  readonly target: string;

  private constructor(directory: string, files: readonly PackedFile[], target: string) {
    this.directory = directory;
    this.files = files;
    this.target = target;
  }

  /** @param parent where its directory is made; further packages are found there */
  static async create(parent = os.tmpdir()): Promise<Project> {
    const directory = await mkdtemp(path.join(parent, 'polypool-package-'));
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
    const { stdout } = await run(NPM, pack, { cwd: ROOT, timeout: TIMEOUT_MS });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: PackedFile[] }];
    const project = new Project(directory, packed.files, await builtTarget());
    const installed = path.join(directory, 'node_modules', 'polypool');
    await mkdir(installed, { recursive: true });
    const archive = path.join(directory, packed.filename);
    await run('tar', ['-xzf', archive, '-C', installed, '--strip-components', '1']);
    for (const name of ['bson', 'mongodb', '@types']) await project.link(name);
    await project.write({ 'package.json': '{ "name": "empty", "private": true }\n' });
    await project.#installPlatformPackage();
    return project;
  }

  /** Installs a package of this checkout's. */
  async link(name: string): Promise<void> {
    const target = path.join(ROOT, 'node_modules', name);
    await symlink(target, path.join(this.directory, 'node_modules', name), 'junction');
  }

  /** Writes files of the project by name. */
  async write(files: Record<string, string>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await writeFile(path.join(this.directory, name), content);
    }
  }

  /** Runs Node.js in the project. */
  async node(args: readonly string[], env: Record<string, string> = {}): Promise<Output> {
    return await run(process.execPath, args, {
      cwd: this.directory,
      env: { ...process.env, ...env },
      timeout: TIMEOUT_MS
    });
  }

  /** Calls `work` while the platform package is not installed. */
  async withoutPlatformPackage<T>(work: () => Promise<T>): Promise<T> {
    const installed = path.join(this.directory, 'node_modules', '@polypool');
    const away = path.join(this.directory, 'away');
    await rename(installed, away);
    try {
      return await work();
    } finally {
      await rename(away, installed);
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async #installPlatformPackage(): Promise<void> {
    const name = `binding-${this.target}`;
    const installed = path.join(this.directory, 'node_modules', '@polypool', name);
    await mkdir(installed, { recursive: true });
    const source = path.join(ROOT, 'npm', this.target);
    await copyFile(path.join(source, 'package.json'), path.join(installed, 'package.json'));
    const addon = `polypool.${this.target}.node`;
    const built = path.join(ROOT, 'dist', addon);
    // It is large; only a directory on another file system needs a copy.
    await link(built, path.join(installed, addon)).catch(() =>
      copyFile(built, path.join(installed, addon))
    );
  }
}

/** The target that this checkout's addon was built for. */
async function builtTarget(): Promise<string> {
  for (const name of await readdir(path.join(ROOT, 'dist'))) {
    const target = /^polypool\.(.+)\.node$/.exec(name)?.[1];
    if (target !== undefined) return target;
  }
  throw new Error('dist has no addon: run npm run build');
}
