import { type SoftwareRuleSettings, softwareRules } from '../../../config/software-rules.ts';

/**
 * Returns the function that names the software of a program's path: as the rules say, otherwise by the last part of the
 * path. The other parts can have the name of a user. Null for a program that the rules leave out.
 */
export function softwareNames(settings: SoftwareRuleSettings): (path: string) => string | null {
  const rules = softwareRules(settings);
  return (path) => {
    const software = rules(path)?.software ?? null;
    return software?.startsWith('/') ? software.slice(software.lastIndexOf('/') + 1) : software;
  };
}
