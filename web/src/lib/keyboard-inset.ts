/** Less than this is not a keyboard, but a browser's own bar. */
const KEYBOARD_PX = 100;

/**
 * Safari lays its keyboard over the page instead of making the page smaller: #root ends above it by
 * this custom property. Other browsers do that by themselves (`interactive-widget` in index.html).
 */
export function followKeyboard(viewport: VisualViewport | null = window.visualViewport): void {
  if (!viewport) return;
  const measure = () => {
    // Zoomed in, the rest of the page is hidden by choice.
    const hidden = viewport.scale > 1.01 ? 0 : window.innerHeight - viewport.height;
    const inset = hidden >= KEYBOARD_PX ? Math.round(hidden) : 0;
    document.documentElement.style.setProperty('--keyboard', `${inset}px`);
    if (inset > 0) window.scrollTo(0, 0);
  };
  viewport.addEventListener('resize', measure);
}
