/**
 * Puts the page's styles into index.html: together they fit into what a server sends at once, and
 * nothing is painted before they are there. Not part of `npm run dev`.
 */
export function inlineStyles() {
  return {
    name: 'muster-inline-styles',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        return html.replace(/<link rel="stylesheet"[^>]* href="\/([^"]+)">/g, (_link, name) => {
          const { source } = bundle[name];
          Reflect.deleteProperty(bundle, name);
          return `<style>${source}</style>`;
        });
      },
    },
  };
}
