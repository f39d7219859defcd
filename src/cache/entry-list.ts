import type { Kept } from "./eviction-policy.ts";

/**
 * Entries from the oldest to the newest, linked through their own fields: one leaves from anywhere at once,
 * and nothing is allocated. The list itself closes the line to a ring, so that its ends are no special case.
 */
export class EntryList {
  /** What the entries take together. */
  size = 0;
  /** The newest, or the list itself. */
  previous: Kept = this as unknown as Kept;
  /** The oldest, or the list itself. */
  next: Kept = this.previous;

  get oldest(): Kept | undefined {
    const { next } = this;
    // What is in no list is the list.
    return next.list && next;
  }

  push(entry: Kept): void {
    const newest = this.previous;
    entry.list = this;
    entry.previous = newest;
    entry.next = newest.next!;
    newest.next = this.previous = entry;
    this.size += entry.size;
  }

  /** Makes an entry of this list the newest. */
  renew(entry: Kept): void {
    const newest = this.previous;
    if (entry === newest) return;
    const { previous, next } = entry;
    previous!.next = next;
    next!.previous = previous;
    entry.previous = newest;
    entry.next = newest.next!;
    newest.next = this.previous = entry;
  }
}

/** Takes an entry out of the list that it is in. */
export function unlink(entry: Kept): void {
  const { list, previous, next } = entry;
  previous!.next = next;
  next!.previous = previous;
  (list as EntryList).size -= entry.size;
  // Whoever still holds the entry would hold its neighbours, and theirs, long after they were evicted.
  entry.list = entry.previous = entry.next = undefined;
}
