import type { From } from "./callers.ts";
import { NaiveLine, type Waiter } from "./naive-line.ts";

const NOWHERE: From = { scope: undefined, signal: undefined };

/** A section that holds the lock, waits to be notified, or waits for the lock again. */
export interface Section extends Waiter {
  holding: boolean;
  /** Its function has returned. */
  ending: boolean;
  /** The wait that it is in, and what has ended that, if it was no notification. */
  wait: (Waiter & { why: string | undefined }) | undefined;
}

/** Somebody in the line of the lock: a section, or one who wants a permit. */
interface Turn extends Waiter {
  readonly section: Section | undefined;
}

/** The reference for a condition and its lock: two lists, and who holds the lock. */
export class NaiveCondition extends NaiveLine<Turn> {
  /** Those who wait to be notified. */
  sleepers: Section[] = [];
  sections: Section[] = [];
  holder: Turn | undefined;
  /** Whether the holder has yet to hear of it. */
  #telling = false;

  acquire(from: From): void {
    this.#arrive({ id: this.count++, from, section: undefined });
  }

  enter(from: From): void {
    const id = this.count++;
    const section: Section = { id, from, holding: false, ending: false, wait: undefined };
    this.#arrive({ id, from, section });
  }

  #arrive(turn: Turn): void {
    const no = this.refusal(turn.from);
    if (no !== undefined) {
      this.outcomes[turn.id] = no;
    } else if (this.holder === undefined) {
      this.#hold(turn);
      this.#telling = false;
      if (turn.section !== undefined) this.#begin(turn.section);
    } else {
      this.line.push(turn);
    }
  }

  #hold(turn: Turn): void {
    this.holder = turn;
    this.#telling = true;
    if (turn.section === undefined) this.outcomes[turn.id] = "served";
  }

  #begin(section: Section): void {
    section.holding = true;
    this.sections.push(section);
  }

  /** The lock is let go. */
  leave(): void {
    this.holder = undefined;
    const next = this.line.shift();
    if (next === undefined) return;
    this.#hold(next);
    if (next.section === undefined) this.order.push(next.id);
  }

  #relock(section: Section): void {
    this.line.push({ id: section.id, from: NOWHERE, section });
    if (this.holder === undefined) this.leave();
  }

  wait(section: Section, from: From): void {
    const id = this.count++;
    const no = this.refusal(from);
    if (no !== undefined) {
      this.outcomes[id] = no;
      return;
    }
    section.holding = false;
    section.wait = { id, from, why: undefined };
    this.sleepers.push(section);
    this.leave();
  }

  notify(n: number): void {
    for (const section of this.sleepers.splice(0, n)) this.#relock(section);
  }

  /** The section's function returns. One that waits then does so in vain. */
  end(section: Section): void {
    if (section.holding) {
      this.#finish(section);
      return;
    }
    section.ending = true;
    if (!this.sleepers.includes(section)) return;
    this.#wake("ClosedError", (it) => it === section);
  }

  #finish(section: Section): void {
    section.holding = false;
    this.sections = this.sections.filter((it) => it !== section);
    this.outcomes[section.id] = "ended";
    this.leave();
  }

  #wake(why: string, who: (section: Section) => boolean): void {
    const woken = this.sleepers.filter(who);
    this.sleepers = this.sleepers.filter((section) => !who(section));
    for (const section of woken) {
      section.wait!.why = why;
      this.#relock(section);
    }
  }

  override cut(why: string, reaches: (waiter: Waiter) => boolean): void {
    super.cut(why, reaches);
    this.#wake(why, ({ wait }) => reaches(wait!));
  }

  /** Whoever was given the lock hears of it, and what follows from that. */
  settle(): void {
    while (this.holder !== undefined && this.#telling) {
      this.#telling = false;
      const { section, from } = this.holder;
      if (section === undefined) return;
      if (section.wait !== undefined) this.#resume(section);
      else if (this.refusal(from) === undefined) this.#start(section);
      else this.#refuse(section);
    }
  }

  #start(section: Section): void {
    this.order.push(section.id);
    this.#begin(section);
  }

  /** Cancelled after the lock was handed over. */
  #refuse(section: Section): void {
    this.outcomes[section.id] = this.refusal(section.from)!;
    this.leave();
  }

  #resume(section: Section): void {
    const { id, from, why } = section.wait!;
    section.wait = undefined;
    section.holding = true;
    const late = why === undefined ? this.refusal(from) : undefined;
    // It was notified, and is cancelled: somebody else has to hear of it.
    if (late !== undefined) this.notify(1);
    this.outcomes[id] = why ?? late ?? "notified";
    if (this.outcomes[id] === "notified") this.order.push(id);
    if (section.ending) this.#finish(section);
  }
}
