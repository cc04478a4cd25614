// Plots as SVG, for light and dark pages: bars beside each other, and lines over a logarithmic axis.
const style = `<style>
text{font:12px system-ui,sans-serif;fill:#333}.axis{stroke:#999}.grid{stroke:#ddd}.own{fill:#2563eb;stroke:#2563eb}.peer{fill:#9ca3af}
.l0{stroke:#2563eb;fill:#2563eb}.l1{stroke:#d97706;fill:#d97706}.l2{stroke:#059669;fill:#059669}.l3{stroke:#9333ea;fill:#9333ea}
path{fill:none!important;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}.axis{stroke:#777}.peer{fill:#6b7280}.own{fill:#60a5fa}}
</style>`;
const page = (width, height, title, body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">\n${style}\n<text x="8" y="18" font-weight="600">${title}</text>\n${body}\n</svg>\n`;

/** bars: [{ label, value, text, own }], the shortest is best. */
export function barPlot(title, bars) {
  const [left, row, width] = [210, 24, 720];
  const most = Math.max(...bars.map((b) => b.value));
  const body = bars.map((bar, n) => {
    const [y, length] = [34 + n * row, Math.max(1, (bar.value / most) * (width - left - 90))];
    return `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${bar.label}</text><rect class="${bar.own ? "own" : "peer"}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="17" rx="2"/><text x="${left + length + 6}" y="${y + 13}">${bar.text}</text>`;
  });
  return page(width, 44 + bars.length * row, title, body.join("\n"));
}

/** lines: { name: [[x, y], …] }; x is logarithmic, y begins at 0. */
export function linePlot(title, lines, yTitle) {
  const [left, top, right, bottom, width, height] = [64, 36, 150, 40, 720, 320];
  const points = Object.values(lines).flat();
  const [mostX, mostY] = [Math.max(10, ...points.map(([x]) => x)), 1.15 * Math.max(...points.map(([, y]) => y))];
  const px = (x) => left + (Math.log10(x) / Math.log10(mostX)) * (width - left - right);
  const py = (y) => height - bottom - (y / mostY) * (height - top - bottom);
  const body = [];
  for (let x = 1; x <= mostX; x *= 10)
    body.push(`<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${height - bottom}"/><text x="${px(x)}" y="${height - 22}" text-anchor="middle">${x.toLocaleString("en-US")}</text>`);
  const step = 10 ** Math.floor(Math.log10(mostY)) / (mostY / 10 ** Math.floor(Math.log10(mostY)) < 4 ? 2 : 1);
  for (let y = 0; y <= mostY; y += step)
    body.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${py(y)}" y2="${py(y)}"/><text x="${left - 6}" y="${py(y) + 4}" text-anchor="end">${Number(y.toPrecision(3))}</text>`);
  body.push(`<text x="${left}" y="${height - 6}">how many there are, without changing</text><text x="${width - right}" y="18" text-anchor="end">${yTitle}</text>`);
  Object.entries(lines).forEach(([name, list], n) => {
    body.push(`<path class="l${n}" d="${list.map(([x, y], i) => `${i ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("")}"/>`);
    for (const [x, y] of list) body.push(`<circle class="l${n}" cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="3"/>`);
    body.push(`<circle class="l${n}" cx="${width - right + 16}" cy="${top + 10 + 20 * n}" r="4"/><text x="${width - right + 26}" y="${top + 14 + 20 * n}">${name}</text>`);
  });
  return page(width, height, title, body.join("\n"));
}
