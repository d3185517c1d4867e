import type { ResourceKind } from '../status/conditions.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { IriResource } from './schemas.ts';
import { currentStatus, type ShownData } from './shown-data.ts';
import { apiTime, type Uris, type Version } from './uris.ts';

/** The name of a kind's type in each version. The words of version 2 are those of the registry of resource types. */
const types: Readonly<Record<ResourceKind, Readonly<Record<Version, string>>>> = {
  system: { v1: 'compute', v2: 'urn:doe-iri:resource:compute:system' },
  queue: { v1: 'compute', v2: 'urn:doe-iri:resource:compute' },
  login: { v1: 'service', v2: 'urn:doe-iri:resource:service' },
  hub: { v1: 'service', v2: 'urn:doe-iri:resource:service' },
  filesystem: { v1: 'storage', v2: 'urn:doe-iri:resource:storage:filesystem' },
};

/** The names and descriptions of each kind for people. */
const texts: Readonly<Record<ResourceKind, (row: ResourceRow) => Pick<IriResource, 'name' | 'description' | 'group'>>> =
  {
    system: ({ name }) => ({ name, description: `Batch system ${name}`, group: null }),
    queue: ({ name, system }) => ({ name, description: `Queue ${name} of ${system}`, group: system }),
    login: ({ system }) => ({
      name: `${system} login nodes`,
      description: `Login nodes of ${system}`,
      group: 'frontend',
    }),
    hub: ({ name }) => ({ name, description: `JupyterHub ${name}`, group: null }),
    filesystem: ({ name, system }) => ({ name, description: `Filesystem ${name} of ${system}`, group: system }),
  };

/** The filters of a list. */
type ResourceQuery = Readonly<
  Partial<Record<'name' | 'description' | 'group' | 'current_status' | 'resource_type', string | undefined>>
> & { readonly capability?: readonly string[] | undefined };

/** The words of version 1 for types of resources. */
export const typeWords = ['website', 'service', 'compute', 'system', 'storage', 'network', 'unknown'] as const;

/** Returns a resource as the API shows it. */
export function shownResource(data: ShownData, resource: string, uris: Uris, version: Version): IriResource | null {
  const known = data.resources.get(resource);
  if (!known) return null;
  const { status, since } = currentStatus(data, known);
  return {
    id: resource,
    ...texts[known.kind](known),
    last_modified: apiTime(since),
    current_status: status,
    resource_type: types[known.kind][version],
    // The receiver has no API for jobs or files.
    supported_endpoints: [],
    self_uri: uris.resource(resource),
    site_uri: uris.site(data.settings.site.id),
    capability_uris: [],
  };
}

/** Returns the listed resources that fit the parameters of a request, in the order of their ids. */
export function resourcesFor(data: ShownData, uris: Uris, version: Version, query: ResourceQuery): IriResource[] {
  return [...data.resources.values()]
    .filter(({ isListed }) => isListed)
    .flatMap(({ resource }) => shownResource(data, resource, uris, version) ?? [])
    .filter(
      (one) =>
        one.name === (query.name ?? one.name) &&
        (one.description ?? '').includes(query.description ?? '') &&
        one.group === (query.group ?? one.group) &&
        one.current_status === (query.current_status ?? one.current_status) &&
        isOfType(one.resource_type, query.resource_type ?? one.resource_type, version) &&
        // No resource has capabilities.
        query.capability === undefined,
    );
}

/** True if a type is the wanted one or, in version 2, one below it. */
function isOfType(type: string, wanted: string, version: Version): boolean {
  return type === wanted || (version === 'v2' && type.startsWith(`${wanted}:`));
}
