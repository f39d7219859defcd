import type { Resource } from "./resource.ts";

/** Resources that nobody uses: who is used next is the one that was used last. */
export class IdleList<K, T> {
  /** The one that was not used for longest. */
  first: Resource<K, T> | undefined = undefined;
  last: Resource<K, T> | undefined = undefined;
  size = 0;

  push(resource: Resource<K, T>): void {
    const { last } = this;
    resource.state = "idle";
    resource.previous = last;
    if (last === undefined) this.first = resource;
    else last.next = resource;
    this.last = resource;
    this.size++;
  }

  remove(resource: Resource<K, T>): void {
    const { previous, next } = resource;
    resource.state = "tended";
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    resource.previous = resource.next = undefined;
    this.size--;
  }

  /** All of them at this moment: the one that was not used for longest first. */
  items(): Resource<K, T>[] {
    const items: Resource<K, T>[] = [];
    for (let one = this.first; one !== undefined; one = one.next) items.push(one);
    return items;
  }
}
