// Runs before the first paint, so that the page never flashes in the other theme.
(function () {
  var query = matchMedia('(prefers-color-scheme: dark)');
  function apply() {
    var choice = null;
    try {
      choice = localStorage.getItem('muster:theme');
    } catch {
      choice = null;
    }
    var dark = choice === 'dark' || (choice !== 'light' && query.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }
  apply();
  query.addEventListener('change', apply);
  window.addEventListener('muster:theme', apply);
  window.addEventListener('storage', apply);
})();
