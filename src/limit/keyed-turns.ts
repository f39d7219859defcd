/** The turn of a key: how many calls of it may start in a round. */
export class Turn<T> {
  readonly of: T;
  readonly share: number;
  /** The round that `left` is about. */
  round: number;
  /** How many starts it has left in the round. One that comes within a round has none. */
  left = 0;
  list: TurnList<T> | undefined = undefined;
  before: Turn<T> | undefined = undefined;
  after: Turn<T> | undefined = undefined;

  constructor(of: T, share: number, round: number) {
    this.of = of;
    this.share = share;
    this.round = round;
  }
}

class TurnList<T> {
  first: Turn<T> | undefined = undefined;
  #last: Turn<T> | undefined = undefined;

  push(turn: Turn<T>): void {
    turn.list = this;
    turn.before = this.#last;
    if (this.#last === undefined) this.first = turn;
    else this.#last.after = turn;
    this.#last = turn;
  }

  remove(turn: Turn<T>): void {
    const { before, after } = turn;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    turn.list = turn.before = turn.after = undefined;
  }
}

/**
 * Whose turn it is, of those who stand in line with others: weighted round robin. Each has `share` starts
 * in a round, one at a time. Who has none left is in the next round, and so is a newcomer: a round ends,
 * whoever comes. Each step takes constant time.
 */
export class Turns<T> {
  #now = new TurnList<T>();
  #later = new TurnList<T>();
  #round = 0;

  turn(of: T, share: number): Turn<T> {
    return new Turn(of, share, this.#round);
  }

  /** The one whose turn it is. */
  first(): Turn<T> | undefined {
    const { first } = this.#now;
    if (first !== undefined || this.#later.first === undefined) return first;
    [this.#now, this.#later] = [this.#later, this.#now];
    this.#round++;
    return this.#now.first;
  }

  /** Goes to the end of the round in which it has starts left. */
  add(turn: Turn<T>): void {
    this.#refresh(turn);
    (turn.left > 0 ? this.#now : this.#later).push(turn);
  }

  remove(turn: Turn<T>): void {
    turn.list?.remove(turn);
  }

  /** Takes one of the starts of the one whose turn it is. */
  spend(turn: Turn<T>): void {
    this.remove(turn);
    this.#refresh(turn);
    turn.left--;
    this.add(turn);
  }

  #refresh(turn: Turn<T>): void {
    if (turn.round === this.#round) return;
    turn.round = this.#round;
    turn.left = turn.share;
  }
}
