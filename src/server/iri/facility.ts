import { timestampOf } from '../timestamp.ts';
import type { IriFacility, IriSite } from './schemas.ts';
import type { ShownData } from './shown-data.ts';
import { apiTime, type Uris } from './uris.ts';

/** Without receiver.yaml nothing was ever modified. */
const never = '1970-01-01T00:00:00';

/** Returns the facility that receiver.yaml describes. */
export function shownFacility({ settings }: ShownData, uris: Uris): IriFacility {
  const { id, name, description, ...others } = settings.facility;
  return {
    id,
    name,
    description,
    last_modified: apiTime(settings.changedAt ? timestampOf(settings.changedAt) : never),
    ...others,
    self_uri: uris.facility,
    site_uris: [uris.site(settings.site.id)],
  };
}

/** Returns the site that receiver.yaml describes, with all resources. It changes with the file and with new resources. */
export function shownSite({ settings, resources }: ShownData, uris: Uris): IriSite {
  const { id, name, description, operating_organization = null, ...others } = settings.site;
  const listed = [...resources.values()].filter(({ isListed }) => isListed);
  const times = [
    settings.changedAt ? timestampOf(settings.changedAt) : never,
    ...listed.map(({ first_seen }) => first_seen),
  ];
  return {
    id,
    name,
    description,
    last_modified: apiTime(times.reduce((latest, time) => (time > latest ? time : latest))),
    operating_organization,
    ...others,
    self_uri: uris.site(id),
    resource_uris: listed.map(({ resource }) => uris.resource(resource)),
  };
}
