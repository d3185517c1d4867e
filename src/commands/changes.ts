import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { changesOf, parseTroubles, type TroubleError } from '../collect/troubles.ts';
import type { Log, LogLine, TerminalFilter } from '../lib/log.ts';
import { writeAboveStatus } from '../lib/status-line.ts';
import { readableUtc } from '../lib/time.ts';
import { forgetFact, readFact, writeFact } from '../outbox/facts.ts';
import { Outbox } from '../outbox/outbox.ts';
import { claim } from '../outbox/ownership.ts';

type KeptError = LogLine & TroubleError;

/** What a run that nobody watches has to say: errors are kept until its end, and only what changed is then shown. */
export class Changes {
  readonly #errors: KeptError[] = [];
  readonly #seen: string[] = [];
  #area: 'collect' | 'deliver' | 'notify' = 'collect';
  #isTelling = false;

  /** For the log's terminal. */
  readonly filter: TerminalFilter = (line) => {
    if (!this.#isTelling && line.isError) this.#errors.push({ ...line, about: this.#aboutOf(line) });
    return this.#isTelling;
  };

  /** From now on errors are about collecting, delivering, or telling people of it. */
  enter(area: 'collect' | 'deliver' | 'notify'): void {
    this.#area = area;
  }

  /** This was looked at: what was wrong with it and gave no error is well again. */
  saw(about: string): void {
    this.#seen.push(about);
  }

  /** Shows what changed since the last run, and remembers it in the outbox; everything where that cannot be read or written. */
  tell({ outboxFile, log }: { readonly outboxFile: string; readonly log: Log }): void {
    if (this.#errors.length === 0 && this.#seen.length === 0) return;
    this.#isTelling = true;
    const { news, over } = this.#changesSince(outboxFile);
    for (const { whole } of news) writeAboveStatus(whole);
    for (const [about, { since, first }] of over) {
      const what = about === 'deliver' ? 'Delivered again' : 'Well again';
      log
        .withTag(about.split('/')[1] ?? 'collector')
        .info(`✓ ${what}; since ${readableUtc(new Date(since))} UTC: ${first.replace(/^✗ /, '')}`);
    }
  }

  #aboutOf({ name, text }: LogLine): string | null {
    // What nobody could be told of is remembered by itself.
    if (this.#area === 'notify') return null;
    if (this.#area === 'deliver') return 'deliver';
    // A probe's error begins with its name, that of several with all of theirs.
    const [, probe] = /^([^\s✗,]+)(?:, [^\s✗,]+)*: /.exec(text) ?? [];
    return probe === undefined ? `collect/${name}` : `collect/${name}/${probe}`;
  }

  #changesSince(outboxFile: string): Pick<ReturnType<typeof changesOf<KeptError>>, 'news' | 'over'> {
    const everything = { news: this.#errors, over: [] };
    if (!existsSync(outboxFile)) return everything;
    try {
      const outbox = new Outbox(outboxFile);
      try {
        claim(outbox.database, outboxFile, hostname());
        return outbox.database.transaction(() => this.#remember(outbox)).immediate();
      } finally {
        outbox.close();
      }
    } catch {
      // What is wrong with the outbox is among the errors, if it matters.
      return everything;
    }
  }

  #remember({ database }: Outbox) {
    const before = readFact(database, 'troubles');
    const changes = changesOf(parseTroubles(before), this.#errors, this.#seen, new Date());
    const after = Object.keys(changes.next).length === 0 ? null : JSON.stringify(changes.next);
    // Each writing is brought to disk.
    if (after === before) return changes;
    if (after === null) forgetFact(database, 'troubles');
    else writeFact(database, 'troubles', after);
    return changes;
  }
}
