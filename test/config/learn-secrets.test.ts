/** Which settings hide a secret. Each test has secrets of its own, because a process keeps all that it has learned. */

import { expect, test } from 'bun:test';
import { learnSettings, learnVariables } from '../../src/config/learn-secrets.ts';
import { withoutSecrets } from '../../src/lib/secrets.ts';

test.each([
  ['NOTIFY_WEBHOOK_URL', 'https://n1.example.org/hooks/notify-0001', '/hooks/notify-0001'],
  ['HEARTBEAT_URL', 'https://n2.example.org/ping/heartbeat-0002', '/ping/heartbeat-0002'],
  ['heartbeat_url', 'https://n3.example.org/ping/heartbeat-0003', '/ping/heartbeat-0003'],
  ['STATUS_API_URL', 'https://ada:login-0004@n4.example.org/', 'login-0004'],
  ['https_proxy', 'http://ada:login-0005@n5.example.org/', 'login-0005'],
  ['STATUS_API_PASSWORD', 'password-0006', 'password-0006'],
  ['BACKUP_API_KEY', 'key-0007', 'key-0007'],
  ['JUPYTERHUB_ADMIN_TOKEN', 'token-0008', 'token-0008'],
  ['PGPASSWORD', 'password-0009', 'password-0009'],
])('the variable %s', (name, value, secret) => {
  learnVariables({ [name]: value });
  expect(withoutSecrets(`x ${value}, ${secret}.`)).not.toContain(secret);
});

test.each([
  ['JUPYTERHUB_ADMIN_TOKEN_FILE', 'file-0010'],
  ['MY_PGPASSWORD', 'word-0011'],
  ['STATUS_API_USER', 'user-0012'],
])('the variable %s has no secret', (name, value) => {
  learnVariables({ [name]: value });
  expect(withoutSecrets(value)).toBe(value);
});

test.each<[string, unknown, string]>([
  ['a webhook', { notify: { webhook: 'https://y1.example.org/0101' } }, 'https://y1.example.org/0101'],
  ['a heartbeat', { heartbeat_url: 'https://y2.example.org/0102' }, 'https://y2.example.org/0102'],
  ['webhooks in a list', { webhook: ['x', 'https://y3.example.org/0103'] }, 'https://y3.example.org/0103'],
  ['a url without a scheme', { url: 'ada:login-0104@y4.example.org' }, 'login-0104'],
  ['a proxy without a scheme', { proxy: 'ada:login-0105@y5.example.org' }, 'login-0105'],
  ['an address under another name', { curl: 'http://ada:login-0106@y6.example.org' }, 'login-0106'],
])('%s in YAML', (_, settings, secret) => {
  learnSettings(settings);
  expect(withoutSecrets(`x ${secret} y`)).toBe('x ******** y');
});

test('the name of a setting hides its value only if it is the whole name', () => {
  learnSettings({ url_name: 'ada:word-0107@y7.example.org', my_proxy: 'ada:word-0108@y8.example.org' });
  expect(withoutSecrets('word-0107 word-0108')).toBe('word-0107 word-0108');
});
