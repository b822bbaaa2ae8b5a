/** What a page of Markdown holds for a machine: its examples and its tables. */
export type Example = {
  name: string;
  /** The definition, or a step of it, as it stands on the page. */
  source: string;
  /** What is done with it, and what comes of it. */
  run: string | undefined;
};
/** Cells by column, without the code marks around a name. */
export type TableRow = readonly string[];
export type Table = { columns: TableRow; rows: readonly TableRow[] };

const BLOCK = /^```(\w+)(?: (example|run)="([a-z0-9-]+)")?\n([\s\S]*?)^```$/gm;

/** Pairs of fenced blocks, ```json example="name"``` and ```json run="name"```, in the order of the page. */
export function examplesOn(page: string): Example[] {
  const examples = new Map<string, Example>();
  for (const [, , kind, name = '', source = ''] of page.matchAll(BLOCK)) {
    if (kind === undefined) continue;
    const known = examples.get(name);
    if (kind === 'example') {
      if (known) throw new Error(`two examples are named ${name}`);
      examples.set(name, { name, source, run: undefined });
    } else {
      if (!known || known.run !== undefined) throw new Error(`the run ${name} has no example of its own`);
      known.run = source;
    }
  }
  return [...examples.values()];
}

/** All tables, in the order of the page. */
export function tablesOn(page: string): Table[] {
  const prose = page.replaceAll(BLOCK, '');
  return [...prose.matchAll(/(?:^\|.*\|\n)+/gm)].map(([text]) => {
    const [columns = [], , ...rows] = text.trimEnd().split('\n').map(cellsOf);
    return { columns, rows };
  });
}

function cellsOf(line: string): TableRow {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** The text of a cell that is one piece of code. */
export function plain(cell: string): string {
  return /^`([^`]*)`$/.exec(cell)?.[1] ?? cell;
}
