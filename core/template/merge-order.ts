import { sameJson } from './same-json.ts';

interface Orders {
  readonly base: readonly string[];
  readonly mine: readonly string[];
  readonly template: readonly string[];
  /** Whose order stands where both changed it. */
  readonly first: 'mine' | 'template';
}

/**
 * One order of all that either side has. The side that moved what all three share leads; what only the other has comes
 * after what it stands behind there. When both moved the same things to different places, that is a conflict.
 */
export function mergeOrder({ base, mine, template, first }: Orders): { order: string[]; conflict: boolean } {
  const shared = new Set(base.filter((id) => mine.includes(id) && template.includes(id)));
  const orderIn = (ids: readonly string[]) => ids.filter((id) => shared.has(id));
  const mineMoved = !sameJson(orderIn(mine), orderIn(base));
  const templateMoved = !sameJson(orderIn(template), orderIn(base));
  const conflict = mineMoved && templateMoved && !sameJson(orderIn(mine), orderIn(template));
  const mineLeads = conflict ? first === 'mine' : mineMoved;
  return { order: mineLeads ? inserted(mine, template) : inserted(template, mine), conflict };
}

function inserted(leading: readonly string[], other: readonly string[]): string[] {
  const order = [...leading];
  for (const [index, id] of other.entries()) {
    if (order.includes(id)) continue;
    const before = other[index - 1];
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, id);
  }
  return order;
}
