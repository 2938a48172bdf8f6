// Draws each .d2 file beside this script as an SVG: node docs/pictures/draw.mjs [FOLDER], docs/img if not named.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { D2 } from "@d2lang/d2";

const LIGHT = 0;
const DARK = 200;

const sources = import.meta.dirname;
const folder = process.argv[2] ?? join(sources, "..", "img");
mkdirSync(folder, { recursive: true });
const d2 = new D2();
for (const name of readdirSync(sources).filter((file) => file.endsWith(".d2")).sort()) {
  const drawn = await d2.compile(readFileSync(join(sources, name), "utf8"), { layout: "dagre" });
  const options = { ...drawn.renderOptions, themeID: LIGHT, darkThemeID: DARK, noXMLTag: true, pad: 10 };
  writeFileSync(join(folder, name.replace(/d2$/, "svg")), await d2.render(drawn.diagram, options));
}
// The WebAssembly worker would keep the process alive.
process.exit(0);
