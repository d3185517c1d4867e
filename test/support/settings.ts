import { z } from 'zod';

/** One setting of a schema. */
export type Setting = {
  /** `login_nodes[].name`: a list's members are `[]`, the free names of a mapping `NAME`. */
  readonly path: string;
  /** As YAML, without quotes; null without one. */
  readonly defaultText: string | null;
  /** From `.describe()`; empty without one. */
  readonly description: string;
  /** The words that it can be; empty if it can be others. */
  readonly words: readonly string[];
};

/** What is known of a schema from the wrappers around it and the mapping that has it. */
type Known = Omit<Setting, 'words'>;

/** Returns every setting that a schema accepts, in its order. */
export function settingsOf(
  schema: unknown,
  known: Known = { path: '', defaultText: null, description: '' },
): readonly Setting[] {
  if (!(schema instanceof z.ZodType)) return [];
  const { path } = known;
  const own = { ...known, description: known.description || (schema.description ?? '') };
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const { defaultValue } = schema.def;
    const defaultText = defaultValue === null ? null : JSON.stringify(defaultValue).replaceAll('"', '');
    return settingsOf(schema.unwrap(), { ...own, defaultText });
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return settingsOf(schema.unwrap(), own);
  }
  if (schema instanceof z.ZodObject) {
    const free = schema.def.catchall;
    return [
      ...Object.entries(schema.shape).flatMap(([name, member]) =>
        settingsOf(member, below(path === '' ? name : `${path}.${name}`)),
      ),
      ...(isMapping(free) ? settingsOf(free, below(`${path}.NAME`)) : []),
    ];
  }
  return [{ ...own, words: wordsOf(schema) }, ...membersOf(schema, path)];
}

function below(path: string): Known {
  return { path, defaultText: null, description: '' };
}

function membersOf(schema: z.ZodType, path: string): readonly Setting[] {
  if (schema instanceof z.ZodArray && isMapping(schema.element)) return settingsOf(schema.element, below(`${path}[]`));
  if (schema instanceof z.ZodRecord && isMapping(schema.valueType))
    return settingsOf(schema.valueType, below(`${path}.NAME`));
  return [];
}

function isMapping(schema: unknown): boolean {
  const isOptional = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return isOptional ? isMapping(schema.unwrap()) : schema instanceof z.ZodObject;
}

function wordsOf(schema: z.ZodType): readonly string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  return schema instanceof z.ZodLiteral ? [...schema.values].map(String) : [];
}
