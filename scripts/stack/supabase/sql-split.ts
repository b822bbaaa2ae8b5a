/**
 * Splits a migration into its statements, for the record that the Supabase CLI keeps in `schema_migrations.statements`.
 * Knows strings, `E''` strings, quoted names, dollar quotes, nested comments and `begin atomic … end` bodies.
 * It is never used to decide what runs: the file is executed whole.
 */
const TOKEN = new RegExp(
  [
    /--[^\n]*/,
    /\/\*/,
    /(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'/,
    /'(?:[^']|'')*'/,
    /"(?:[^"]|"")*"/,
    /(?<![\w$])\$(?<tag>[A-Za-z_]\w*)?\$[\s\S]*?\$\k<tag>\$/,
    /\bbegin\s+atomic\b/,
    /\bcase\b/,
    /\bend\b/,
    /;/,
  ]
    .map((part) => part.source)
    .join('|'),
  'gi',
);

export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  const push = (text: string) => {
    if (withoutComments(text) !== '') statements.push(text.trim());
  };
  const tokens = new RegExp(TOKEN);
  let start = 0;
  let depth = 0;
  for (let match = tokens.exec(sql); match; match = tokens.exec(sql)) {
    const token = match[0].toLowerCase();
    if (token === '/*') tokens.lastIndex = endOfComment(sql, tokens.lastIndex);
    else if (token.startsWith('begin')) depth = 1;
    else if (token === 'case' && depth > 0) depth += 1;
    else if (token === 'end' && depth > 0) depth -= 1;
    else if (token === ';' && depth === 0) {
      push(sql.slice(start, match.index));
      start = tokens.lastIndex;
    }
  }
  push(sql.slice(start));
  return statements;
}

/** Block comments nest in Postgres. `from` is the index just after the opening mark. */
function endOfComment(sql: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  let depth = 1;
  while (depth > 0) {
    const match = mark.exec(sql);
    if (!match) return sql.length;
    depth += match[0] === '/*' ? 1 : -1;
  }
  return mark.lastIndex;
}

/** What follows the comments at the start of a statement. */
function withoutComments(statement: string): string {
  let rest = statement.trim();
  for (;;) {
    if (rest.startsWith('--')) rest = rest.includes('\n') ? rest.slice(rest.indexOf('\n')).trimStart() : '';
    else if (rest.startsWith('/*')) rest = rest.slice(endOfComment(rest, 2)).trimStart();
    else return rest;
  }
}

const TRANSACTION_CONTROL =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b(?!\s+to\b)/i;

/** The first statement that would end the transaction the file runs in, if there is one. */
export function transactionControl(statements: readonly string[]): string | undefined {
  return statements.find((statement) => TRANSACTION_CONTROL.test(withoutComments(statement)));
}
