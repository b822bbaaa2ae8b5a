/** Items that share a process at the same time. Most of their time is waiting for a service. */
export const ITEMS_AT_ONCE = 20;

/** How long a run takes new items before other batches have their turn. What is under way then ends by itself. */
export const SLICE_MS = 20_000;

/** A run that says nothing for this long is taken for dead. */
export const SLICE_LEASE_SECONDS = 60;
export const SLICE_RENEWAL_MS = 15_000;
