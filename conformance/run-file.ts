// Owns which runner a file goes to, by its kind. Must not know how a kind is told (files.ts).

import { runBinaryVectors } from './binary-vector.ts';
import { runBsonCorpus } from './bson-corpus.ts';
import { runConcernDocuments } from './concern-document.ts';
import { runConnectionStrings } from './connection-string.ts';
import type { Deployment } from './deployment.ts';
import { Fault } from './fault.ts';
import type { TestFile } from './files.ts';
import { failed, skipped, type Verdict } from './row.ts';
import type { Subject } from './subject.ts';
import { runUnifiedFile } from './unified/run-file.ts';

export interface FileSetting {
  readonly subject: Subject;
  readonly deployment: Deployment;
  /** Which tests to run, by their descriptions. */
  readonly wanted: (test: string) => boolean;
  /** Takes in what became of a test. */
  readonly report: (test: string, verdict: Verdict) => void;
}

/** What stands for a file as a whole, which has no tests to name. */
const WHOLE = '(file)';

export async function runTestFile(file: TestFile, setting: FileSetting): Promise<void> {
  const { subject, deployment, wanted } = setting;
  const report = (test: string, verdict: Verdict): void => {
    if (test === WHOLE || wanted(test)) setting.report(test, verdict);
  };
  switch (file.kind) {
    case 'unified':
      return runUnifiedFile(file, setting);
    case 'connection-string':
      return runConnectionStrings(file.content, subject, wanted, report);
    case 'concern-document':
      return runConcernDocuments(file.content, subject, deployment, report);
    case 'bson-corpus': {
      runBsonCorpus(file.content, subject.codec, report);
      return;
    }
    case 'binary-vector': {
      runBinaryVectors(file.content, subject.codec, report);
      return;
    }
    case 'legacy': {
      report(WHOLE, skipped(`legacy format: ${file.note}`));
      return;
    }
    case 'other': {
      report(WHOLE, skipped(`no test: ${file.note}`));
      return;
    }
    case 'unreadable': {
      report(WHOLE, failed(new Fault(`Not JSON: ${file.note}`)));
      return;
    }
  }
}
