import { EntryList, unlink } from "../../src/cache/entry-list.ts";
import type { EvictionPolicy, Kept } from "../../src/cache/eviction-policy.ts";

/**
 * SIEVE ("SIEVE is Simpler than LRU", NSDI 2024), to compare with. Entries stay in the order in which they
 * came; a hit marks. A hand goes from the oldest to the newest, takes marks away, and stops at the first
 * entry that has none.
 */
export function sieve(): EvictionPolicy {
  const entries = new EntryList();
  /** The entry that the hand is at, unless it is behind the newest. */
  let hand: Kept | undefined;
  return {
    admit(entry: Kept) {
      entries.push(entry);
    },

    hit(entry: Kept) {
      entry.mark = 1;
    },

    remove(entry: Kept) {
      if (entry === hand) hand = behind(entry);
      unlink(entry);
    },

    victim() {
      for (;;) {
        hand ??= entries.oldest;
        if (hand === undefined || hand.mark === 0) return hand;
        hand.mark = 0;
        hand = behind(hand);
      }
    },
  };
}

function behind({ next }: Kept): Kept | undefined {
  return next!.list && next;
}
