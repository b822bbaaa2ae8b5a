import * as z from 'zod';
import { ConnectorDefinition } from '../../../connector/schema.ts';
import type { Json, JsonObject } from '../../../json/json.ts';
import { TestConnector } from '../../test-schema.ts';

/** One field that an author may write. */
export type Option = {
  /** The object that it stands in: `step`, `request`, `request.body`, `retry.on`; of a test run `test`, `test.mocks`. */
  object: string;
  /** For an object of several forms, the one that has the field: its `type`. */
  variant: string | undefined;
  name: string;
  required: boolean;
  /** As JSON; undefined without one. */
  fallback: string | undefined;
  minimum: number | undefined;
  maximum: number | undefined;
  /** The texts that it may be. */
  choices: readonly string[];
};

/** The part of JSON Schema that the definition language's own schema uses. */
type Node = {
  $ref?: string;
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: Node | false;
  items?: Node | false;
  anyOf?: Node[];
  oneOf?: Node[];
  const?: string;
  enum?: string[];
  type?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
};

/** What authors write: a definition, and how it is tried out. */
const Written = z.object({ definition: ConnectorDefinition, test: TestConnector });
/** `toJSONSchema` answers JSON Schema; what is read of it stands above. */
const root = z.toJSONSchema(Written, { io: 'input', unrepresentable: 'any' }) as Node & {
  $defs: Record<string, Node>;
};

const STEP = '#/$defs/Step';
const DEFINITION = '#/$defs/ConnectorDefinition';

function resolved(node: Node): Node {
  const name = node.$ref?.replace('#/$defs/', '');
  return name === undefined ? node : (root.$defs[name] ?? node);
}

/** The place of a field's value; steps inside of steps are steps. */
function placeOf(place: string, name: string, node: Node): string {
  if (node.$ref === STEP) return 'step';
  if (node.$ref === DEFINITION) return 'definition';
  return place === 'definition' || place === 'step' ? name : `${place}.${name}`;
}

const variantOf = (node: Node) => node.properties?.type?.const;

/** Every option of the language, each form of an object by itself. */
export function allOptions(): Option[] {
  const options: Option[] = [];
  const seen = new Set<string>();
  const walk = (given: Node, place: string, variant?: string, alone = true): void => {
    const at = given.$ref === STEP ? 'step' : place;
    const node = resolved(given);
    for (const form of node.oneOf ?? []) walk(form, at, variantOf(form));
    // Of forms without a name nobody can say which one a required field makes it.
    const alternatives = node.anyOf ?? [];
    const isAlone = alternatives.filter(({ properties }) => properties).length < 2;
    for (const form of alternatives) walk(form, at, undefined, isAlone);
    if (node.items) walk(node.items, at);
    if (node.additionalProperties) walk(node.additionalProperties, at);
    const key = `${at} ${variant ?? ''} ${Object.keys(node.properties ?? {}).join()}`;
    if (!node.properties || seen.has(key)) return;
    seen.add(key);
    for (const [name, property] of Object.entries(node.properties)) {
      const inner = resolved(property);
      options.push({
        object: at,
        variant,
        name,
        required: alone && node.required?.includes(name) === true,
        fallback: property.default === undefined ? undefined : JSON.stringify(property.default),
        minimum: inner.minimum,
        maximum: inner.maximum === Number.MAX_SAFE_INTEGER ? undefined : inner.maximum,
        choices: [...(inner.enum ?? []), ...(inner.const === undefined ? [] : [inner.const])],
      });
      walk(property, placeOf(at, name, property));
    }
  };
  for (const [name, node] of Object.entries(root.properties ?? {})) walk(node, name);
  return options;
}

/** `object (variant).name`, and `…=choice` for each text that was chosen. */
export function optionKey(
  { object, variant, name }: Pick<Option, 'object' | 'variant' | 'name'>,
  choice?: string,
) {
  const form = variant === undefined ? object : `${object} (${variant})`;
  return `${form}.${name}${choice === undefined ? '' : `=${choice}`}`;
}

/** The options that a definition, or a test run, uses, by their keys. */
export function usedOptions(what: 'definition' | 'test', written: Json): Set<string> {
  const used = new Set<string>();
  const walk = (given: Node, value: Json, place: string): void => {
    const at = given.$ref === STEP ? 'step' : place;
    const node = resolved(given);
    if (Array.isArray(value)) {
      const list = node.items ? node : formOf(node, 'array');
      for (const item of value) if (list?.items) walk(list.items, item, at);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const form = node.properties || node.additionalProperties ? node : formFor(node, value);
    if (!form) return;
    const variant = variantOf(form);
    for (const [name, inside] of Object.entries(value)) {
      const property = form.properties?.[name];
      if (property === undefined) {
        if (form.additionalProperties) walk(form.additionalProperties, inside, at);
        continue;
      }
      const option = { object: at, variant, name };
      used.add(optionKey(option));
      const { enum: choices = [], const: only } = resolved(property);
      if (typeof inside === 'string' && (choices.includes(inside) || only === inside))
        used.add(optionKey(option, inside));
      walk(property, inside, placeOf(at, name, property));
    }
  };
  walk(root.properties?.[what] ?? {}, written, what);
  return used;
}

function formOf({ anyOf = [] }: Node, type: string): Node | undefined {
  return anyOf.find((form) => form.type === type);
}

function formFor(node: Node, value: JsonObject): Node | undefined {
  const named = node.oneOf?.find((form) => variantOf(form) === value.type);
  const hasAll = ({ properties = {} }: Node) => Object.keys(value).every((name) => name in properties);
  return named ?? node.anyOf?.find(hasAll) ?? formOf(node, 'object');
}
