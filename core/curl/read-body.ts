import { encodeQuery } from '../connector/form-pairs.ts';
import type { StepBody } from '../connector/schema.ts';
import type { Json } from '../json/json.ts';
import type { DataPart, FormField } from './options.ts';
import { type Pair, readPair } from './read-url.ts';
import { CurlRefused } from './refused.ts';
import type { Shield } from './shield.ts';

/** A body, and the content type that a header has to say besides. */
export type ReadBody = { body: StepBody; contentType: string | undefined };

const FORM = 'application/x-www-form-urlencoded';
/** A content type stands in a body as it is; a longer one, or one with an expression, is a header. */
const PLAIN_CONTENT_TYPE = /^[\x20-\x7a\x7c\x7e]{1,200}$/;

/** The body that `-d` and its like make. */
export function dataBody(
  parts: readonly DataPart[],
  contentType: string | undefined,
  shield: Shield,
): ReadBody {
  const type = contentType ?? FORM;
  const essence = type.split(';')[0]?.trim().toLowerCase() ?? '';
  const text = parts.map(encodedPart).join('&');
  if (essence === 'application/json' || essence.endsWith('+json')) {
    const content = readJson(text);
    if (content !== undefined) {
      return {
        body: { type: 'json', content },
        contentType: type.toLowerCase() === 'application/json' ? undefined : type,
      };
    }
  }
  if (essence === FORM) {
    const content = fieldsOf(pairsOf(parts, shield));
    if (content !== undefined) {
      return { body: { type: 'form', content }, contentType: type.toLowerCase() === FORM ? undefined : type };
    }
  }
  if (essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml')) {
    const usual = type === 'application/xml; charset=utf-8';
    return { body: { type: 'xml', content: text }, contentType: usual ? undefined : type };
  }
  if (type === 'text/plain; charset=utf-8')
    return { body: { type: 'raw', content: text }, contentType: undefined };
  return PLAIN_CONTENT_TYPE.test(type)
    ? { body: { type: 'raw', content: text, content_type: type }, contentType: undefined }
    : { body: { type: 'raw', content: text }, contentType: type };
}

function encodedPart({ kind, text }: DataPart): string {
  if (kind === 'data') return text;
  const at = text.indexOf('=');
  const name = at < 1 ? '' : `${text.slice(0, at)}=`;
  return name + encodeQuery(at < 0 ? text : text.slice(at + 1));
}

/** The parameters that data make; undefined if some of it is none. */
export function pairsOf(parts: readonly DataPart[], shield: Shield): Pair[] | undefined {
  const pairs: Pair[] = [];
  for (const { kind, text } of parts) {
    if (kind === 'urlencode') {
      const at = text.indexOf('=');
      const name = at < 1 ? undefined : readPair(`${shield.hide(text.slice(0, at))}=`)?.[0];
      if (name === undefined) return undefined;
      pairs.push([name, text.slice(at + 1)]);
    } else if (text !== '') {
      for (const part of shield.hide(text).split('&')) {
        const pair = readPair(part);
        if (!pair) return undefined;
        pairs.push(pair);
      }
    }
  }
  return pairs;
}

/** Pairs by name, in their order; undefined where an object cannot keep it, or cannot have such a name. */
export function fieldsOf(pairs: readonly Pair[] | undefined): Record<string, string | string[]> | undefined {
  if (pairs === undefined) return undefined;
  const fields = new Map<string, string[]>();
  let last: string | undefined;
  for (const [name, value] of pairs) {
    const before = fields.get(name);
    if ((before && last !== name) || FORBIDDEN_NAME.test(name) || name.length > 1000) return undefined;
    if (before) before.push(value);
    else fields.set(name, [value]);
    last = name;
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** Numbers come first in an object, whatever their place; the others reach a prototype. */
const FORBIDDEN_NAME = /^(?:\d+|__proto__|constructor|prototype)$/;

/** Undefined for what is no JSON, or would not be the same when it is written again. */
function readJson(text: string): Json | undefined {
  // Longer numbers lose digits.
  if (/\d{16}/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ''))) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body that `-F` makes. Throws `CurlRefused` for files. */
export function multipart(fields: readonly FormField[], notes: string[]): StepBody {
  const content = new Map<string, string[]>();
  const files = new Map<string, { filename: string; content: string; content_type?: string }>();
  for (const { text, literal } of fields) {
    const at = text.indexOf('=');
    if (at < 1) throw new CurlRefused('-F: write name=value.');
    const name = text.slice(0, at);
    const part = literal ? { value: text.slice(at + 1) } : readPart(text.slice(at + 1));
    if (part.filename !== undefined) {
      if (files.has(name)) throw new CurlRefused('-F: two files have the same name.');
      const { filename, value, type } = part;
      files.set(name, {
        filename,
        content: value,
        ...(type === undefined || type === DEFAULT_FILE_TYPE ? {} : { content_type: type }),
      });
      continue;
    }
    if (part.type !== undefined) notes.push('The type of a form field that is no file is left out.');
    const values = content.get(name);
    if (values) values.push(part.value);
    else content.set(name, [part.value]);
  }
  return {
    type: 'multipart',
    ...(content.size === 0
      ? {}
      : {
          content: Object.fromEntries(
            [...content].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]),
          ),
        }),
    ...(files.size === 0 ? {} : { files: Object.fromEntries(files) }),
  };
}

/** Of a file that says nothing of its own. */
const DEFAULT_FILE_TYPE = 'application/octet-stream';

type Part = { value: string; type?: string; filename?: string };

/** `value;type=…;filename=…`, where a value that holds ; or white space at its ends stands in double quotes. */
function readPart(text: string): Part {
  if (/^[@<]/.test(text))
    throw new CurlRefused(
      '-F @file: files of your computer cannot be read here; put the content into the command.',
    );
  let at = /^\s*/.exec(text)?.[0].length ?? 0;
  const first = partWord(text, at);
  const part: Part = { value: first.value };
  at = first.end;
  while (text.charAt(at) === ';') {
    const parameter = /^;\s*([a-z-]+)=/i.exec(text.slice(at));
    const name = parameter?.[1];
    const isOwn = name === 'type' || name === 'filename';
    if (!parameter || (!isOwn && part.type === undefined))
      throw new CurlRefused(
        '-F: type and filename alone are understood after a ; and a text that holds one stands in double quotes.',
      );
    const word = partWord(text, at + parameter[0].length);
    if (isOwn) part[name] = word.value;
    // What follows a type and is no other option is a part of it.
    else part.type += text.slice(at, word.end).trimEnd();
    at = word.end;
  }
  if (text.slice(at).trim() !== '') throw new CurlRefused('-F: a text goes on after its closing quote.');
  return part;
}

function partWord(text: string, start: number): { value: string; end: number } {
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*/s.exec(text.slice(start));
  if (quoted) {
    return { value: (quoted[1] ?? '').replace(/\\(["\\])/g, '$1'), end: start + quoted[0].length };
  }
  const end = text.indexOf(';', start);
  const stop = end < 0 ? text.length : end;
  return { value: text.slice(start, stop).trimEnd(), end: stop };
}
