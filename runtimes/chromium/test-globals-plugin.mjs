/**
 * Gives the test files, and them alone, names that Node has in the global scope and a page has not. The
 * library is served as it is, in a page without them.
 */
export function testGlobals(globals) {
  return {
    name: "test-globals",
    enforce: "pre",
    transform(code, id) {
      const [file] = id.split("?");
      if (!/\/test\/.*\.ts$|\/runtimes\/setup\.mjs$/.test(file)) return undefined;
      const names = ["process", "setImmediate"].filter(
        (name) =>
          new RegExp(`(?<![.\\w"'])${name}\\b(?!["':])`).test(code) &&
          !new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\}`).test(code),
      );
      if (names.length === 0) return undefined;
      // On the first line, so that the lines of an error are the file's.
      return {
        code: `import { ${names.join(", ")} } from ${JSON.stringify(globals)}; ${code}`,
        map: null,
      };
    },
  };
}
