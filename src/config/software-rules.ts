import { z } from 'zod';
import { namedLayers } from './sams-file.ts';
import { checkSettings } from './settings.ts';

/** The software that a program belongs to. */
export type Software = {
  readonly software: string;
  /** Empty if the rules do not give one. */
  readonly version: string;
  readonly isUserProvided: boolean;
};

/** Returns the software of a program's path; null for one that is left out. */
export type SoftwareRules = (path: string) => Software | null;

const expression = z.string().refine(isExpression, 'is not a regular expression');
const yesOrNo = z.boolean().default(false);

const regexp = z
  .strictObject({
    /** Changes paths before the rules look at them. */
    rewrite: z.array(z.strictObject({ match: expression, rewrite: z.string() })).default([]),
    /** The first rule that matches counts. `%(name)s` is a named group of `match`. */
    rules: z
      .array(
        z.strictObject({
          match: expression,
          software: z.string().optional(),
          version: z.string().optional(),
          versionstr: z.string().optional(),
          user_provided: yesOrNo,
          ignore: yesOrNo,
        }),
      )
      .default([]),
  })
  .prefault({});

const schema = z.strictObject({ 'software.Regexp': regexp });

/** Rules as they are in the file. They can pass between threads. */
export type SoftwareRuleSettings = z.output<typeof regexp>;

/** No rules: each program is its own software. */
export const noSoftwareRules: SoftwareRuleSettings = { rewrite: [], rules: [] };

/**
 * Reads the rules of the original's software updater: `sams.software.Regexp` with `rules` and `rewrite`. Throws
 * ConfigError.
 */
export function readSoftwareRules(file: string): SoftwareRuleSettings {
  return checkSettings(schema, namedLayers(file))['software.Regexp'];
}

/** Returns the function that applies rules. */
export function softwareRules({ rules, rewrite }: SoftwareRuleSettings): SoftwareRules {
  const rewrites = rewrite.map((one) => ({ match: compiled(one.match), rewrite: one.rewrite }));
  const compiledRules = rules.map((rule) => ({ ...rule, match: compiled(rule.match) }));
  return (path) => {
    const known = rewrites.reduce((text, one) => rewritten(text, one.match, one.rewrite), path);
    for (const rule of compiledRules) {
      const found = rule.match.exec(known);
      if (found === null) continue;
      if (rule.ignore) return null;
      const fill = (template: string | undefined) => filled(template ?? '', found.groups ?? {});
      return {
        software: fill(rule.software) || known,
        version: fill(rule.versionstr) || fill(rule.version),
        isUserProvided: rule.user_provided,
      };
    }
    return { software: known, version: '', isUserProvided: false };
  };
}

function rewritten(path: string, match: RegExp, template: string): string {
  const found = match.exec(path);
  return found === null ? path : filled(template, found.groups ?? {});
}

function filled(template: string, groups: Readonly<Record<string, string | undefined>>): string {
  return template.replace(/%\((\w+)\)s/g, (_, name: string) =>
    Object.hasOwn(groups, name) ? (groups[name] ?? '') : '',
  );
}

/** Python's `(?P<name>` is accepted. */
function compiled(pattern: string): RegExp {
  return new RegExp(pattern.replaceAll('(?P<', '(?<'));
}

function isExpression(pattern: string): boolean {
  try {
    compiled(pattern);
    return true;
  } catch {
    return false;
  }
}
