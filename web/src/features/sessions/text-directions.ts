interface Node {
  type: string;
  tagName?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
}

const blocks = /^(p|ul|ol|h[1-6]|blockquote|table)$/;

/** A plugin for rehype: each block of a text runs as its own first letters do, to the right or to the left. */
export function textDirections() {
  return visit;
}

function visit({ children = [] }: Node): void {
  for (const node of children) {
    if (node.tagName && blocks.test(node.tagName))
      node.properties = { ...node.properties, dir: 'auto' };
    visit(node);
  }
}
