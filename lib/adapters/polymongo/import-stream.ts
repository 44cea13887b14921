/**
 * The import of a stream that a user has made: it may fail before it is read, and is over when it will not
 * be. What is in it, `import.ts` knows.
 */
import type { Readable } from 'node:stream';
import { importLines } from './import';
import type { Primary } from './primary';
import type { ImportOptions, PolyMongoImportSummary } from './types';

/**
 * @param stream - listened to before anything is waited for: an error that nobody hears ends the process
 * @throws its failure, as soon as that happens, and what an import ends with
 */
export async function importStream(
  primary: Primary,
  database: string,
  stream: NodeJS.ReadableStream,
  options?: ImportOptions
): Promise<PolyMongoImportSummary> {
  const failure = new Promise<never>((_, reject) => void stream.on('error', reject));
  // It may come when nothing waits for it any more.
  failure.catch(() => undefined);
  try {
    await Promise.race([primary.ready(), failure]);
    const source = stream as AsyncIterable<Buffer | string>;
    return await importLines(primary, database, source, options);
  } catch (error) {
    (stream as Partial<Readable>).destroy?.();
    throw error;
  }
}
