/** An execution has five minutes; the last seconds are kept for writing down how it ended. */
export const EXECUTION_DEADLINE_MS = 295_000;

/** A crashed run's execution can be claimed by another run after this long. Every write to the ledger renews it. */
export const LEASE_SECONDS = 30;

/** How often a running execution renews its lease and asks whether it is to be cancelled: well under the promised 5 s. */
export const LEASE_RENEWAL_MS = 2_000;

/** Of one response, on the wire and again after decompression. */
export const MAX_RESPONSE_BYTES = 5 * 1024 * 1024;

/** Of one request body, after rendering. */
export const MAX_REQUEST_BYTES = 5 * 1024 * 1024;

/** A longer text in a recorded request or response is cut; later steps still see all of it. */
export const MAX_RECORDED_TEXT_CHARS = 64 * 1024;

/** Of one recorded request, response or output, about. The API reads an execution with all of its steps at once. */
export const MAX_RECORDED_CHARS = 256 * 1024;

/**
 * Of all that is recorded of an execution's steps, about: the API reads it in one piece, in a Worker of 128 MB that other
 * callers share. With few steps each value has its own limit; with many they share this one.
 */
export const MAX_RECORDED_CHARS_OF_EXECUTION = 6 * 1024 * 1024;

/** Of an execution's output: read together with its steps. A larger one belongs where it is kept, not in a report. */
export const MAX_OUTPUT_CHARS = 2 * 1024 * 1024;

/** Of a step's mapped fields: they travel to the database with the response, sealed, in one request. */
export const MAX_FIELDS_CHARS = 2 * 1024 * 1024;

/** Of the fields that one execution maps onto a contact, all of which are indexed. */
export const MAX_CONTACT_CHARS = 64 * 1024;

/** Deeper JSON in a response is refused: readers further on recurse. */
export const MAX_RESPONSE_DEPTH = 100;

/** Compiled connector versions that a process keeps. */
export const MAX_CACHED_PLANS = 200;

/** Of the results of all items of a loop, and of the items on all pages of a list: later steps read them as one value. */
export const MAX_LOOP_CHARS = 4 * 1024 * 1024;

/** A longer wait is a schedule. */
export const MAX_WAIT_MS = 30 * 24 * 60 * 60 * 1_000;

/** Connectors that call each other: one that calls itself comes to an end here. */
export const MAX_CONNECTOR_DEPTH = 5;

/** How often the execution of a sub-connector is looked at while another process runs it. */
export const CHILD_POLL_MS = 2_000;
