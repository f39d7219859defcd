/**
 * A limit by hand that keeps the order of the calls and the async context of each, and nothing else: it checks nothing,
 * nobody can leave its line or ask who is in it, and the event loop does not turn before it is empty.
 */
export function bareLimit(concurrency) {
  let active = 0;
  let first;
  let last;
  let resolve;
  const capture = (its) => {
    resolve = its;
  };
  const leave = () => {
    const next = first;
    if (next === undefined) {
      active--;
      return;
    }
    first = next.next;
    next.resolve(next);
  };
  const succeeded = (value) => {
    leave();
    return value;
  };
  const failed = (error) => {
    leave();
    throw error;
  };
  const begin = ({ fn }) => fn().then(succeeded, failed);
  return (fn) => {
    if (active < concurrency) {
      active++;
      return fn().then(succeeded, failed);
    }
    const promise = new Promise(capture);
    const call = { fn, resolve, next: undefined };
    if (first === undefined) first = last = call;
    else last = last.next = call;
    return promise.then(begin);
  };
}
