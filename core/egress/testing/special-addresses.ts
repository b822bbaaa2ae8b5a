/** Addresses inside every special-purpose block, in the ways people and machines write them. */
import fc from 'fast-check';

/**
 * The IANA registries and what else must not be reached, written down a second time as text, apart from the table
 * that the rules use: a block missing there is found here.
 */
const IPV4: readonly string[] =
  `0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
  192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
  192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
  255.255.255.255/32 168.63.129.16/32`.split(/\s+/);

/** Prefix and its length in bits; the rest is drawn. */
const IPV6: readonly (readonly [groups: readonly number[], bits: number])[] = [
  [[0, 0, 0, 0, 0, 0, 0, 0], 128],
  [[0, 0, 0, 0, 0, 0, 0, 1], 128],
  [[0, 0, 0, 0, 0, 0], 96],
  [[0, 0, 0, 0, 0xffff, 0], 96],
  [[0x64, 0xff9b, 1], 48],
  [[0x100, 0, 0, 0], 64],
  [[0x100, 0, 0, 1], 64],
  [[0x2001, 0], 23],
  [[0x2001, 0], 32],
  [[0x2001, 1, 0, 0, 0, 0, 0, 1], 128],
  [[0x2001, 1, 0, 0, 0, 0, 0, 2], 128],
  [[0x2001, 1, 0, 0, 0, 0, 0, 3], 128],
  [[0x2001, 2, 0], 48],
  [[0x2001, 3], 32],
  [[0x2001, 4, 0x112], 48],
  [[0x2001, 0x10], 28],
  [[0x2001, 0x20], 28],
  [[0x2001, 0x30], 28],
  [[0x2001, 0xdb8], 32],
  [[0x2002], 16],
  [[0x2620, 0x4f, 0x8000], 48],
  [[0x3ffe], 16],
  [[0x3fff, 0], 20],
  [[0x5f00], 16],
  [[0xfc00], 7],
  [[0xfe80], 10],
  [[0xfec0], 10],
  [[0xff00], 8],
  // Not allocated: everything outside 2000::/3.
  [[0x4000], 3],
  [[0x6000], 3],
  [[0x8000], 1],
];

export interface SpecialAddress {
  /** As a resolver answers. */
  readonly answer: string;
  /** As the host of a URL. */
  readonly host: string;
}

const radix = fc.constantFrom(
  (value: number) => String(value),
  (value: number) => `0x${value.toString(16)}`,
  (value: number) => `0X${value.toString(16).toUpperCase()}`,
  (value: number) => `0${value.toString(8)}`,
  (value: number) => `000${value.toString(8)}`,
);
const fullWidth = (text: string) =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
const percent = (text: string) => text.replace(/[0-9]/g, (digit) => `%3${digit}`);
const disguise = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `${text}.`,
  fullWidth,
  percent,
  (text) => text.replaceAll('.', '。'),
);

const octets = (value: number) =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255] as const;
const dotted = (value: number) => octets(value).join('.');

/** An address of a block, drawn evenly or from its two ends, where a mask that is off by one shows. */
const special4 = fc.constantFrom(...IPV4).chain((cidr) => {
  const [base = '', bits = ''] = cidr.split('/');
  const from = base.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const to = from + 2 ** (32 - Number(bits)) - 1;
  return fc.oneof(fc.integer({ min: from, max: to }), fc.constantFrom(from, to));
});

/** One to four parts, each in a radix of its own, then in characters that mean the same. */
const spelled4 = fc
  .tuple(special4, fc.constantFrom(1, 2, 3, 4), fc.array(radix, { minLength: 4, maxLength: 4 }), disguise)
  .map(([value, count, write, hide]) => {
    const parts = octets(value).slice(0, count - 1);
    const tail = count === 1 ? value : value % 2 ** (8 * (5 - count));
    const host = [...parts, tail].map((part, at) => (write[at] ?? String)(part)).join('.');
    return { answer: dotted(value), host: hide(host) };
  });

const group = fc.integer({ min: 0, max: 0xffff });
const eight = (minimum: readonly number[], drawn: readonly number[]) =>
  Array.from({ length: 8 }, (_, at) => minimum[at] ?? drawn[at] ?? 0);

/** The prefix's bits stay, all behind them is drawn. */
const inBlock = fc
  .tuple(fc.constantFrom(...IPV6), fc.array(group, { minLength: 8, maxLength: 8 }))
  .map(([[prefix, bits], drawn]) =>
    Array.from({ length: 8 }, (_, at) => {
      const kept = Math.max(0, Math.min(16, bits - 16 * at));
      const mask = (0xffff << (16 - kept)) & 0xffff;
      return ((prefix[at] ?? 0) & mask) | ((drawn[at] ?? 0) & ~mask & 0xffff);
    }),
  );

/** A special IPv4 address within each form of IPv6 that a host, a relay or a translator turns back into it. */
const embedded = fc
  .tuple(special4, fc.array(group, { minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 7 }))
  .map(([value, drawn, form]) => {
    const high = value >>> 16;
    const low = value & 0xffff;
    const forms: readonly number[][] = [
      [0, 0, 0, 0, 0, 0xffff, high, low],
      [0, 0, 0, 0, 0, 0, high, low],
      [0, 0, 0, 0, 0xffff, 0, high, low],
      [0x64, 0xff9b, 0, 0, 0, 0, high, low],
      eight([0x2002, high, low], drawn),
      eight([0x2001, 0, high, low], drawn),
      [0x2001, 0, drawn[0] ?? 0, 0, 0x8000, drawn[1] ?? 0, ~high & 0xffff, ~low & 0xffff],
      [0x2a00, 0x1450, drawn[0] ?? 0, drawn[1] ?? 0, (drawn[2] ?? 0) & 0x200, 0x5efe, high, low],
    ];
    return forms[form] ?? [];
  });

type Write6 = (groups: readonly number[]) => string;
const written6 = fc.constantFrom<Write6>(
  (groups) => groups.map((part) => part.toString(16)).join(':'),
  (groups) => groups.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':'),
  (groups) => compressed(groups.map((part) => part.toString(16))),
  (groups) => {
    const [high = 0, low = 0] = groups.slice(6);
    const head = groups.slice(0, 6).map((part) => part.toString(16));
    return compressed([...head, dotted(high * 65_536 + low)]);
  },
);

/** The first run of zeroes is left out. */
function compressed(parts: readonly string[]): string {
  const from = parts.indexOf('0');
  if (from < 0) return parts.join(':');
  let to = from;
  while (parts[to] === '0') to += 1;
  return `${parts.slice(0, from).join(':')}::${parts.slice(to).join(':')}`;
}

const spelled6 = fc.tuple(fc.oneof(inBlock, embedded), written6).map(([groups, write]) => {
  const text = write(groups);
  return { answer: text, host: `[${text}]` };
});

/** The same addresses each time: a failure is found again by its number. */
export function specialAddresses(count: number): readonly SpecialAddress[] {
  return fc.sample(fc.oneof(spelled4, spelled6), { numRuns: count, seed: 20_260_401 });
}
