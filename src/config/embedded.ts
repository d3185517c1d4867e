import casper from '../../config/casper.yaml' with { type: 'text' };
import derecho from '../../config/derecho.yaml' with { type: 'text' };
import jupyterhub from '../../config/jupyterhub.yaml' with { type: 'text' };

/** The YAML of the built-in systems, by name. */
export const embeddedSystems: ReadonlyMap<string, string> = new Map([
  ['casper', casper],
  ['derecho', derecho],
  ['jupyterhub', jupyterhub],
]);
