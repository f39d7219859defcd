/** Serves the library a second time, as modules of their own, to those that ask with `?copy`. */
export function copies() {
  return {
    name: "copies",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (source.endsWith("?copy") || !importer?.endsWith("?copy")) return undefined;
      const original = await this.resolve(source, importer.slice(0, -"?copy".length), {
        ...options,
        skipSelf: true,
      });
      return original === null ? null : `${original.id}?copy`;
    },
  };
}
