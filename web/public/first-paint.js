// Runs before the first paint, so that the page never flashes in the other theme, and the static frame
// (index.html) has the width that the sidebar was given.
(function () {
  var root = document.documentElement;
  var query = matchMedia('(prefers-color-scheme: dark)');
  function kept(key) {
    try {
      return localStorage.getItem('muster:' + key);
    } catch {
      return null;
    }
  }
  function apply() {
    var choice = kept('theme');
    var dark = choice === 'dark' || (choice !== 'light' && query.matches);
    root.dataset.theme = dark ? 'dark' : 'light';
  }
  apply();
  query.addEventListener('change', apply);
  window.addEventListener('muster:theme', apply);
  window.addEventListener('storage', apply);
  if (kept('sidebar') === 'hidden') root.dataset.sidebar = 'hidden';
  var width = Number(kept('sidebar-width'));
  if (width > 0) root.style.setProperty('--side-width', width / 16 + 'rem');

  // The scripts of the page that the address names (scripts/first-load-plugin.mjs).
  var scripts = document.currentScript.dataset;
  var page = location.pathname.startsWith('/settings') ? scripts.settings : scripts.work;
  (page || '').split(' ').forEach(function (href) {
    if (!href) return;
    var link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = href;
    link.fetchPriority = 'low';
    document.head.append(link);
  });
})();
