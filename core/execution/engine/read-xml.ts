import { SaxesParser } from 'saxes';
import type { Json } from '../../json/json.ts';

/** JSON made of XML is up to twice as deep: an element, and the list that it stands in. */
const MAX_XML_DEPTH = 50;
/** Elements and attributes. The text has a few bytes for each, what is made of it some hundred. */
const MAX_XML_NODES = 200_000;

export type ReadXml =
  | { ok: true; body: Json }
  | {
      ok: false;
      code: 'invalid_xml' | 'response_too_deep' | 'response_too_large';
      message: string;
    };

type Element = {
  name: string;
  attributes: [string, string][];
  text: string;
  children: Map<string, Json[]>;
};

/**
 * XML as JSON: an element is an object of its attributes (`@name`), its text (`#text`) and its children by name; one
 * that stands several times is a list; one that has nothing but text is that text. Names keep their prefixes. Comments
 * and processing instructions are left out, and of a document type nothing is read: no entity but XML's own five exists,
 * and nothing is fetched.
 */
export function readXml(text: string): ReadXml {
  const open: Element[] = [];
  let root: Json | undefined;
  let nodes = 0;
  const parser = new SaxesParser({ xmlns: false, position: false });
  parser.on('error', () => {
    throw new XmlRefused('invalid_xml', 'The answer is not well-formed XML.');
  });
  parser.on('opentag', ({ name, attributes }) => {
    const pairs = Object.entries(attributes);
    nodes += 1 + pairs.length;
    if (nodes > MAX_XML_NODES) {
      const message = `The answer has more than ${MAX_XML_NODES} elements and attributes.`;
      throw new XmlRefused('response_too_large', message);
    }
    if (open.length >= MAX_XML_DEPTH) {
      throw new XmlRefused(
        'response_too_deep',
        `The answer is nested deeper than ${MAX_XML_DEPTH} elements.`,
      );
    }
    open.push({ name, attributes: pairs, text: '', children: new Map() });
  });
  const addText = (chunk: string) => {
    const element = open.at(-1);
    if (element) element.text += chunk;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (!element) return;
    const value = jsonOf(element);
    const parent = open.at(-1);
    if (!parent) {
      root = Object.fromEntries([[element.name, value]]);
      return;
    }
    const siblings = parent.children.get(element.name);
    if (siblings) siblings.push(value);
    else parent.children.set(element.name, [value]);
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
  return root === undefined
    ? { ok: false, code: 'invalid_xml', message: 'The answer has no XML element.' }
    : { ok: true, body: root };
}

/** Stops the parser, which would go on after an error. */
class XmlRefused extends Error {
  readonly code: Extract<ReadXml, { ok: false }>['code'];
  constructor(code: Extract<ReadXml, { ok: false }>['code'], message: string) {
    super(message);
    this.code = code;
  }
}

function jsonOf({ attributes, text, children }: Element): Json {
  if (attributes.length === 0 && children.size === 0) return text;
  // Between elements, white space is layout.
  const ownText = children.size > 0 && text.trim() === '' ? '' : text;
  // fromEntries defines what it is given, so that a name such as __proto__ is a name like any other.
  return Object.fromEntries<Json>([
    ...attributes.map(([name, value]): [string, Json] => [`@${name}`, value]),
    ...(ownText === '' ? [] : [['#text', ownText] as [string, Json]]),
    ...[...children].map(([name, values]): [string, Json] => [
      name,
      values.length === 1 ? (values[0] ?? null) : values,
    ]),
  ]);
}
