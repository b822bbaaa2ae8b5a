/**
 * Keys that their providers gave a shape of their own, so that they can be found wherever they stand. From the
 * providers' documentation of their keys and GitHub's list of secret scanning patterns.
 */
const SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ['a Stripe key', /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/],
  ['a webhook signing secret', /\bwhsec_[A-Za-z0-9+/=]{16,}/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{22,}/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}/],
  ['a Slack webhook address', /hooks\.slack\.com\/(?:services|workflows)\/T[A-Z0-9]+\/[A-Za-z0-9/]{12,}/],
  ['a Discord webhook address', /discord(?:app)?\.com\/api\/webhooks\/\d+\/[A-Za-z0-9_-]{20,}/],
  ['an AWS access key id', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a Google access token', /\bya29\.[A-Za-z0-9_-]{20,}/],
  ['a SendGrid key', /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/],
  ['a Twilio key', /\bSK[0-9a-f]{32}\b/],
  ['an OpenAI or Anthropic key', /\bsk-[A-Za-z0-9_-]{20,}/],
  ['a HubSpot token', /\bpat-(?:na|eu|ap)\d-[0-9a-f-]{30,}/],
  ['an Airtable token', /\bpat[A-Za-z0-9]{14}\.[0-9a-f]{40,}/],
  ['an Atlassian token', /\bATATT[A-Za-z0-9_=-]{20,}/],
  ['a Shopify token', /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['a Hugging Face token', /\bhf_[A-Za-z0-9]{30,}/],
  ['a DigitalOcean token', /\bdo[opr]_v1_[0-9a-f]{40,}/],
  ['a Mailgun key', /\bkey-[0-9a-f]{32}\b/],
  ['a Telegram bot token', /\b\d{8,10}:[A-Za-z0-9_-]{35}\b/],
  // Bounded, because each of many beginnings would be followed to the end of the text.
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{8,1000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8}/],
  ['a PEM block', /-----BEGIN (?!CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)[A-Z0-9 ]+-----/],
];

/** `scheme://user:password@` or a long key as the user (RFC 3986 section 3.2.1). */
const USERINFO = /\b[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s/?#@:{}]*:([^\s/?#@{}]+)|([^\s/?#@:{}]{16,}))@/i;
/** RFC 6750 section 2.1, RFC 7617 section 2, and the schemes that services made up after them. */
const SCHEME_AND_TOKEN = /\b(?:bearer|basic|token|apikey|api-key)[ =:]+["']?([A-Za-z0-9._~+/=-]{8,})/gi;

/** The kind of secret that a text holds by its shape alone, or undefined. */
export function secretShapeIn(text: string): string | undefined {
  for (const [what, shape] of SHAPES) {
    const [found] = shape.exec(text) ?? [];
    if (found !== undefined && !isPlaceholder(found)) return what;
  }
  const [, password, user] = USERINFO.exec(text) ?? [];
  const userinfo = password ?? user;
  if (userinfo !== undefined && !isPlaceholder(userinfo)) return 'a password in a URL';
  for (const [, token = ''] of text.matchAll(SCHEME_AND_TOKEN)) {
    if (looksRandom(token) && !isPlaceholder(token)) return 'an access token';
  }
  return undefined;
}

const PLACEHOLDER_WORDS =
  /example|sample|placeholder|changeme|redacted|dummy|\byour|_your|your[-_ ]|<[^>]*>|\.{3}|…|\*{3}|x{4}|0{6}|123456/i;
const PLAIN_WORDS =
  /^(?:pass(?:word|wd)?|user(?:name)?|secret|token|key|api[-_ ]?key|none|null|true|false|test|todo)$/i;

/** A text that stands where a secret would: `YOUR_API_KEY`, `<token>`, `xxxx`, `AKIAIOSFODNN7EXAMPLE`. */
export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER_WORDS.test(text) || PLAIN_WORDS.test(text.trim());
}

/** Bits of Shannon entropy per character; letters of English text have about four, in words of one case fewer. */
const MIN_ENTROPY_BITS = 2.5;
const MIN_RANDOM_CHARS = 8;

/** One word of mixed characters that nobody would write by hand: no spaces, digits among letters, little repetition. */
export function looksRandom(text: string): boolean {
  if (text.length < MIN_RANDOM_CHARS || /\s/.test(text)) return false;
  const mixed = /\d/.test(text) && /[A-Za-z]/.test(text);
  const bothCases = text.length >= 20 && /[a-z][A-Z]|[A-Z][a-z]+[A-Z]/.test(text);
  const digits = text.length >= 12 && /^\d+$/.test(text);
  return (mixed || bothCases || digits) && entropyBits(text) >= MIN_ENTROPY_BITS;
}

function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
