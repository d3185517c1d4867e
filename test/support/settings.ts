import { z } from 'zod';

/** One setting of a schema: its path (`login_nodes[].name`) and its default as YAML; null without one. */
export type Setting = { readonly path: string; readonly defaultText: string | null };

/** Every setting that a schema accepts, in its order; a list's members are `[]`, the free names of a mapping `NAME`. */
export function settingsOf(schema: unknown, path = '', defaultText: string | null = null): Setting[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const { defaultValue } = schema.def;
    return settingsOf(schema.unwrap(), path, defaultValue === null ? null : JSON.stringify(defaultValue));
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return settingsOf(schema.unwrap(), path, defaultText);
  }
  if (schema instanceof z.ZodObject) {
    const free = schema.def.catchall;
    return [
      ...Object.entries(schema.shape).flatMap(([name, member]) =>
        settingsOf(member, path === '' ? name : `${path}.${name}`),
      ),
      ...(free instanceof z.ZodObject ? settingsOf(free, `${path}.NAME`) : []),
    ];
  }
  if (schema instanceof z.ZodArray && unwrapped(schema.element) instanceof z.ZodObject) {
    return [{ path, defaultText }, ...settingsOf(schema.element, `${path}[]`)];
  }
  if (schema instanceof z.ZodRecord)
    return [{ path, defaultText }, ...settingsOf(schema.valueType, `${path}.NAME`)].slice(
      0,
      isPlain(schema.valueType) ? 1 : undefined,
    );
  return [{ path, defaultText }];
}

function isPlain(schema: unknown): boolean {
  return !(unwrapped(schema) instanceof z.ZodObject);
}

function unwrapped(schema: unknown): unknown {
  const isOptional = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return isOptional ? unwrapped(schema.unwrap()) : schema;
}
