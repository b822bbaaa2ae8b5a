import type { Json, JsonObject } from '../../../core/json/json.ts';
import { ANY_VALUE, isObject } from './schemas.ts';
import { FIELDS } from './texts/fields.ts';
import { COMPONENTS } from './texts/index.ts';

/** What a component is, and what its fields mean where their names alone do not say it everywhere the same. */
export interface ComponentText {
  readonly description: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Rules that zod checks in code and cannot tell. */
  readonly schema?: JsonObject;
}

/** Components with their texts: of themselves, and of every field, also of objects inside of them. */
export function describeComponents(components: Record<string, JsonObject>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(components).map(([name, schema]) => {
      const text = COMPONENTS[name] ?? COMPONENTS[name.replace(/Input$/, '')];
      const described = withFields(schema, text?.fields ?? {});
      return [
        name,
        { ...described, ...text?.schema, description: text?.description ?? schema.description ?? '' },
      ];
    }),
  );
}

function withFields(schema: JsonObject, own: Readonly<Record<string, string>>): JsonObject {
  const change = (child: Json): Json => {
    if (Array.isArray(child)) return child.map(change);
    return isObject(child) ? withFields(child, own) : child;
  };
  const out = Object.fromEntries(
    Object.entries(schema).map(([key, child]) => [
      key,
      key === 'default' || key === 'examples' || key === 'enum' || key === 'const' ? child : change(child),
    ]),
  );
  if (isObject(out.properties)) {
    out.properties = Object.fromEntries(
      Object.entries(out.properties).map(([name, field]) => [name, withText(name, field, own)]),
    );
  }
  return out;
}

function withText(name: string, field: Json, own: Readonly<Record<string, string>>): Json {
  if (!isObject(field)) return field;
  const written = field.description === ANY_VALUE ? undefined : field.description;
  const description = own[name] ?? written ?? FIELDS[name] ?? field.description ?? '';
  const moment =
    isMoment(name) && isText(field) && field.format === undefined && field.maxLength === undefined;
  return { ...field, ...(moment ? { format: 'date-time' } : {}), description };
}

/** Times in answers are texts for zod, and always as RFC 3339 has them. */
function isMoment(name: string): boolean {
  return name.endsWith('_at') || name === 'at' || name === 'from' || name === 'to';
}

function isText({ type }: JsonObject): boolean {
  return type === 'string' || (Array.isArray(type) && type.includes('string'));
}
