// Opens a report in headless Chromium at three widths, light and dark, and says what is wrong with it:
// console messages, labels that overlap or are cut off, charts that are not seen, a page that scrolls
// sideways, tables without a value in sight, and what axe-core finds.
//
//   node check.mjs CHROMIUM PACKAGES REPORT [SCREENSHOTS]
//
// PACKAGES is the directory that holds node_modules with axe-core and playwright-core.
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, packages, report, screenshots] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(resolve(packages), "package.json")));
const { chromium: launcher } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--no-first-run",
];

// Measures the boxes of all texts of every chart. A pixel of overlap is the rounding of a font.
function measure() {
  const wrong = [];
  const charts = [...document.querySelectorAll(".chart svg")];
  if (charts.length === 0) wrong.push("no chart");
  for (const svg of charts) {
    const name = svg.getAttribute("aria-label");
    const frame = svg.getBoundingClientRect();
    if (frame.width < 100 || frame.height < 50) wrong.push(`${name}: is not seen`);
    const holder = svg.parentElement.getBoundingClientRect();
    if (holder.left < 0 || holder.right > window.innerWidth + 1) wrong.push(`${name}: leaves the page`);
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent.trim(), text.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
      if (!inside) wrong.push(`${name}: "${text}" is cut off`);
    }
    texts.sort((a, b) => a[1].left - b[1].left);
    for (let at = 0; at < texts.length; at += 1) {
      const [text, box] = texts[at];
      for (let next = at + 1; next < texts.length && texts[next][1].left < box.right - 1; next += 1) {
        const [other, beside] = texts[next];
        // Lines of text may come as near as their letters without touching.
        const down = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
        if (down > 0.25 * Math.min(box.height, beside.height)) wrong.push(`${name}: "${text}" and "${other}" overlap`);
      }
    }
  }
  // A table that scrolls sideways shows a value beside each name all the same.
  for (const table of [...document.querySelectorAll(".scroll table")].filter((one) => one.checkVisibility())) {
    const value = table.querySelector("tbody td");
    const holder = table.parentElement.getBoundingClientRect();
    if (value && value.getBoundingClientRect().left > holder.right - 24) wrong.push(`${table.parentElement.getAttribute("aria-label")}: shows no value`);
  }
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push("the page scrolls sideways");
  return wrong;
}

async function shoot(page, width, colorScheme) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${width}-${colorScheme}.png`), fullPage: true });
}

const profile = mkdtempSync(join(tmpdir(), "report-"));
const wrong = [];
const context = await launcher.launchPersistentContext(profile, { executablePath: chromium, headless: true, args: flags });
try {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1280, 1920]) {
      const where = `${width} px, ${colorScheme}`;
      const page = await context.newPage();
      page.on("console", (message) => wrong.push(`${where}: console: ${message.text()}`));
      page.on("pageerror", (error) => wrong.push(`${where}: error: ${error}`));
      page.on("request", (request) => {
        if (!/^(file|data):/.test(request.url())) wrong.push(`${where}: asks for ${request.url()}`);
      });
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(pathToFileURL(resolve(report)).href);
      wrong.push(...(await page.evaluate(measure)).map((what) => `${where}: ${what}`));
      await shoot(page, width, colorScheme);
      await page.evaluate(axe);
      // A chart is one image to it: its label is checked, not each of its thousands of shapes.
      const found = await page.evaluate(() => {
        document.querySelectorAll(".chart svg").forEach((svg) => svg.replaceChildren());
        return globalThis.axe.run(document);
      });
      for (const { id, nodes } of found.violations) {
        wrong.push(`${where}: axe: ${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`);
      }
      await page.close();
    }
  }
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const what of new Set(wrong)) console.log(what);
process.exitCode = wrong.length > 0 ? 1 : 0;
