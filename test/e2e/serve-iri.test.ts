/** The DOE IRI API of `serve`, fed by a collector. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

type Shown = Record<string, unknown>;
const shown = async (url: string) => (await (await fetch(url)).json()) as Shown;

test('shows the data of a collector, at the facility of receiver.yaml', async () => {
  site.configure('receiver.yaml', 'facility: { name: Our facility }\nsite: { id: hill, locality_name: Cheyenne }\n');
  const { url } = await site.serve();
  site.api(url);
  site.localSystem('casper');
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  const resource = await shown(`${url}/api/v2/status/resources/casper`);
  expect(resource).toMatchObject({ id: 'casper', resource_type: 'urn:doe-iri:resource:compute:system' });
  expect(await shown(String(resource.site_uri))).toMatchObject({ id: 'hill', locality_name: 'Cheyenne' });
  expect(await shown(`${url}/api/v1/facility`)).toMatchObject({ name: 'Our facility' });
});

test('does not start with a receiver.yaml that is wrong, and says where', async () => {
  site.configure('receiver.yaml', 'site:\n  latitude: north\n');
  expect(await site.run('serve', '--listen', '127.0.0.1:0')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('receiver.yaml:2:13: site.latitude: must be a number, not a text'),
  });
});
