/** Writes lines of log as fast as it can: `log-writer.ts FILE WRITER LINES`. */

import { createLog } from '../../src/lib/log.ts';
import { tryLock } from '../../src/outbox/lock.ts';

const [file = '', writer = '', lines = ''] = process.argv.slice(2);
process.stderr.write = () => true;
const log = createLog({ terminal: 'quiet', format: 'text', file, fileBySystem: new Map(), lockRotation: tryLock });
for (let line = 0; line < Number(lines); line += 1) log.info(`${writer}:${line}`);
