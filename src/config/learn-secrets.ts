import { learnLoginOf, learnSecret, learnSecretAddress } from '../lib/secrets.ts';
import type { Environment } from './paths.ts';

/** Matches the variables that hold a secret. Destinations, whose names are not known here, have a password or a key each. */
const secretVariable = /^(\w+_API_(PASSWORD|KEY)|JUPYTERHUB_ADMIN_TOKEN|PGPASSWORD)$/;

/** Hides the secrets of an environment in all text that is shown or stored. */
export function learnVariables(environment: Environment): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (secretVariable.test(name)) learnSecret(value);
    else if (isSecretAddress(name)) learnSecretAddress(value);
    else if (/_(url|proxy)$/i.test(name)) learnLoginOf(value);
  }
}

/** Hides the secrets of YAML. Accepts any value, because this runs before the validation, whose errors show values. */
export function learnSettings(value: unknown, name = ''): void {
  if (typeof value === 'string') {
    if (isSecretAddress(name)) learnSecretAddress(value);
    else if (/^(url|proxy)$/.test(name) || value.includes('://')) learnLoginOf(value);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) learnSettings(member, Array.isArray(value) ? name : key);
  }
}

/** `NOTIFY_WEBHOOK_URL`, `notify.webhook`, `HEARTBEAT_URL`, `heartbeat_url`. */
function isSecretAddress(name: string): boolean {
  return /webhook|heartbeat_url/i.test(name);
}
