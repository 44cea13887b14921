// Owns the command `npm run build`: everything that is published, made anew.
// Must not know how a part is built (build/).

import { parseArgs } from 'node:util';
import { writeCompatibility } from './build/compatibility.mjs';
import { PROFILES, buildNative } from './build/native.mjs';
import { buildTypeScript } from './build/typescript.mjs';
import { say } from './process/progress.mjs';
import { Failure, script } from './process/script.mjs';
import { installDependencies } from './setup/dependencies.mjs';

const USAGE = `Usage: npm run build -- [options]

  --native          only the native core
  --ts              only the JavaScript and its types
  --profile <name>  the cargo profile: release (default) or quick
`;

await script(async signal => {
  const { values } = parseArgs({
    options: {
      native: { type: 'boolean', default: false },
      ts: { type: 'boolean', default: false },
      profile: { type: 'string', default: 'release' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const profile = PROFILES.find(name => name === values.profile);
  if (!profile) throw new Failure(`--profile must be one of ${PROFILES.join(', ')}`);
  const everything = values.native === values.ts;
  await installDependencies({ signal });
  if (everything || values.native) await buildNative({ profile, signal });
  if (everything || values.ts) {
    await buildTypeScript({ signal });
    const complaints = await writeCompatibility();
    complaints.forEach(complaint => say(`differs from the driver: ${complaint}`));
  }
});
