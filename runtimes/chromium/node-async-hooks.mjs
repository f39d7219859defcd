/** As far as it goes without the platform: until the function returns, and not beyond an `await`. */
export class AsyncLocalStorage {
  #store;

  run(store, fn, ...args) {
    const outer = this.#store;
    this.#store = store;
    try {
      return fn(...args);
    } finally {
      this.#store = outer;
    }
  }

  exit(fn, ...args) {
    return this.run(undefined, fn, ...args);
  }

  enterWith(store) {
    this.#store = store;
  }

  getStore() {
    return this.#store;
  }
}
