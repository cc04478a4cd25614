/**
 * What a first load waits for, in index.html itself. Not part of `npm run dev`.
 *
 * The styles: with them the page fits into what a server sends at once, and nothing is painted before
 * they are there. The names of the scripts that each page adds: first-paint.js has them fetched beside
 * those that every page needs, not after.
 */
const pages = { work: 'work-pages', settings: 'settings-page' };

export function firstLoad() {
  return {
    name: 'muster-first-load',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        return withScripts(withStyles(html, bundle), Object.values(bundle));
      },
    },
  };
}

function withStyles(html, bundle) {
  return html.replace(/<link rel="stylesheet"[^>]* href="\/([^"]+)">/g, (_link, name) => {
    const { source } = bundle[name];
    Reflect.deleteProperty(bundle, name);
    return `<style>${source}</style>`;
  });
}

function withScripts(html, files) {
  const named = new Set(html.match(/assets\/[\w.-]+\.js/g));
  const data = Object.entries(pages).map(([page, module]) => {
    const chunk = files.find(({ moduleIds }) =>
      moduleIds?.some((id) => id.includes(`/app/${module}.`)),
    );
    if (!chunk) throw new Error(`There is no script with ${module}.`);
    const scripts = [chunk.fileName, ...chunk.imports].filter((name) => !named.has(name));
    return `data-${page}="${scripts.map((name) => `/${name}`).join(' ')}"`;
  });
  return html.replace('<script src="/first-paint.js"', (tag) => `${tag} ${data.join(' ')}`);
}
