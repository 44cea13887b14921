/**
 * Mongoose behaves on polypool as on its own driver: every scenario ends on both with the same results,
 * errors and events. Once for each major version of Mongoose that is installed.
 */
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { Both, compare, type Package } from './both.ts';
import { SCENARIOS } from './scenarios/all.ts';

const require = createRequire(import.meta.url);

for (const name of ['mongoose', 'mongoose8']) {
  const from = installed(name);
  const skip = from === undefined && `the package ${name} is not installed`;
  describe(`Mongoose ${from?.version ?? name}`, { skip }, () => {
    let both: Both;
    before(async () => {
      both = await Both.open(from!);
    });
    after(() => both.close());
    for (const [topic, scenarios] of Object.entries(SCENARIOS)) {
      describe(topic, () => {
        for (const [title, scenario] of Object.entries(scenarios)) {
          it(title, () => compare(both, scenario));
        }
      });
    }
  });
}

function installed(name: string): Package | undefined {
  try {
    return require(name) as Package;
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
