import { describe, expect, test } from 'vitest';
import { decodeText } from './charset.ts';

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, littleEndian: boolean) => {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index += 1)
    view.setUint16(index * 2, text.charCodeAt(index), littleEndian);
  return new Uint8Array(view.buffer);
};
const with16 = (text: string, littleEndian: boolean) => utf16(`\ufeff${text}`, littleEndian);
/** 日本 in Shift_JIS. */
const SHIFT_JIS = Uint8Array.of(0x93, 0xfa, 0x96, 0x7b);

describe('the charset of a text', () => {
  test.each<[string, Uint8Array, string | undefined, string]>([
    ['iso-8859-1', latin1('\xe4'), 'iso-8859-1', 'ä'],
    ['windows-1252', latin1('\x80'), 'windows-1252', '€'],
    ['shift_jis', SHIFT_JIS, 'shift_jis', '日本'],
    ['utf-16le with a mark', with16('aä', true), 'utf-16le', 'aä'],
    ['utf-16be with a mark', with16('aä', false), 'utf-16be', 'aä'],
    ['utf-16, whose mark tells the order', with16('aä', false), 'utf-16', 'aä'],
    ['utf-8 that is contradicted by a mark', with16('aä', true), 'utf-8', 'aä'],
    ['a label in capitals', latin1('\xe4'), 'ISO-8859-1', 'ä'],
    ['a single-byte charset over what looks like a mark', latin1('\xff\xfe'), 'iso-8859-1', 'ÿþ'],
    ['a label that nobody knows: UTF-8', utf8('ä'), 'klingon', 'ä'],
    ['a label that nobody knows: a mark', with16('ä', true), 'klingon', 'ä'],
    ['no label: utf-8', utf8('ä'), undefined, 'ä'],
    ['no label: utf-8 with a mark', utf8('\ufeffä'), undefined, 'ä'],
    ['no label: utf-16le by its mark', with16('ä', true), undefined, 'ä'],
    ['no label: utf-16be by its mark', with16('ä', false), undefined, 'ä'],
    [
      'an XML declaration, which counts for XML only',
      latin1("<?xml encoding='latin1'?>\xe4"),
      undefined,
      "<?xml encoding='latin1'?>\ufffd",
    ],
  ])('%s', (_, bytes, charset, expected) => {
    expect(decodeText(bytes, charset, false)).toBe(expected);
  });

  test.each<[string, Uint8Array, string | undefined, string]>([
    ['the declaration', latin1('<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe4</a>'), undefined, 'ä'],
    [
      'the declaration in single quotes',
      latin1("<?xml version='1.0' encoding = 'windows-1252' ?><a>\x80</a>"),
      undefined,
      '€',
    ],
    [
      'the content type before the declaration',
      utf8('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>'),
      'utf-8',
      'ä',
    ],
    [
      'a mark before the declaration',
      utf8('\ufeff<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>'),
      undefined,
      'ä',
    ],
    ['utf-16le by its first bytes', utf16('<?xml version="1.0"?><a>ä</a>', true), undefined, 'ä'],
    ['utf-16be by its first bytes', utf16('<?xml version="1.0"?><a>ä</a>', false), undefined, 'ä'],
    [
      'a declaration that cannot be true',
      utf8('<?xml version="1.0" encoding="UTF-16"?><a>ä</a>'),
      undefined,
      'ä',
    ],
    [
      'a declaration that nobody knows',
      utf8('<?xml version="1.0" encoding="klingon"?><a>ä</a>'),
      undefined,
      'ä',
    ],
    ['nothing', utf8('<a>ä</a>'), undefined, 'ä'],
  ])('XML: %s', (_, bytes, charset, expected) => {
    expect(/<a>(.*)<\/a>/.exec(decodeText(bytes, charset, true))?.[1]).toBe(expected);
  });
});
