const isOfMessage = (path) =>
  path.findParent(
    ({ node }) =>
      node.type === "Super" ||
      (/^(Call|New)Expression$/.test(node.type) &&
        /^(check\w+|report|#?error|super|\w*Error)$/.test(calleeOf(node))),
  ) !== null;

const calleeOf = ({ callee }) =>
  callee.type === "Super"
    ? "super"
    : (callee.name ?? callee.property?.name ?? callee.property?.id?.name ?? "");

/** What a message says is no behaviour, and the tests of misuse compare most of them as they are. */
export const messages = {
  shouldIgnore(path) {
    const isText = path.isStringLiteral() || path.isTemplateLiteral();
    return isText && isOfMessage(path) ? "the text of a message" : undefined;
  },
};
