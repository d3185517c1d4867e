import { send } from '../../lib/http.ts';
import type { Log } from '../../lib/log.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { failureOfReply } from './send-message.ts';

const timeoutSeconds = 10;

/** Fetches the heartbeat address. Logs a failure once, and its end once. */
export async function pingHeartbeat(outbox: Outbox, url: string, proxy: string | null, log: Log): Promise<void> {
  const reply = await send({ url, method: 'GET', headers: {}, body: null, timeoutSeconds, ca: null, proxy });
  const failure = failureOfReply(reply, url);
  const failedBefore = outbox.metadata.read('heartbeat') !== null;
  if (failure === null) {
    if (failedBefore) {
      outbox.metadata.forget('heartbeat');
      log.info('The heartbeat works again');
    }
    return;
  }
  if (failedBefore) return log.debug(`the heartbeat still fails: ${failure}`);
  outbox.metadata.write('heartbeat', failure);
  log.warn(`the heartbeat fails (${failure}): check heartbeat_url; every run tries again, without another message`);
}
