/**
 * The server contract with invented answers, for development and for the browser test.
 *
 *     node test/mock/server.mjs 8123
 *
 * `?lang=en`, and for trying failures: `/mock/fail/NAME` makes a panel fail, `/mock/heal` ends it,
 * `/mock/quiet` drops every event stream.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import * as answers from "./answers.mjs";

const PROJECT = fileURLToPath(new URL("../../../src/chengshu/project/", import.meta.url));
const TYPES = { js: "text/javascript", css: "text/css", map: "application/json" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'self'";
/** A record page with the elements that working pages may use. */
const ELEMENTS = `{% extends %}{% block content %}<h1>T-00042</h1>
<city-map lon="118.41" lat="36.63" src-layer="sensing.terminals"></city-map>
<city-chart kind="line" src="/api/v1/screens/city/panels/traffic" label="PM₂.₅"></city-chart>{% endblock %}`;
const failing = new Set();
const streams = new Set();
let tick = 0;

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Stands for the working pages' own base template. */
const SHELL = `<!doctype html><html lang="{{ language }}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chengshu</title><link rel="icon" href="/static/pages/mark.svg"><link rel="stylesheet" href="/static/built/tokens.css"><link rel="stylesheet" href="/static/built/pages.css">HEAD</head>
<body class="page"><header class="bar"><a class="bar-mark" href="/"><b>城枢</b></a></header><nav class="side"></nav><div class="frame"><main id="content" class="content">CONTENT</main></div>
<script type="module" src="/static/built/pages.js"></script>SCRIPTS</body></html>`;

function extended(source) {
  if (!source.includes("{% extends")) return source;
  const block = (name) => new RegExp(`\\{% block ${name} %\\}([^]*?)\\{% endblock %\\}`).exec(source)?.[1] ?? "";
  return SHELL.replace("HEAD", block("head")).replace("CONTENT", block("content")).replace("SCRIPTS", block("scripts"));
}

async function page(response, template, lang) {
  const source = await readFile(`${PROJECT}templates/${template}`, "utf8");
  send(response, extended(source), lang);
}

function send(response, source, lang) {
  const html = source
    .replace(/\{% static '([^']+)' %\}/g, "/static/$1")
    .replace(/\{% (?:load|get_current_language)[^%]*%\}/g, "")
    .replace(/\{% translate "([^"]+)" %\}/g, "$1")
    .replace(/\{% if language == [^]*?\{% endif %\}|\{\{ language \}\}/g, lang);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY });
  response.end(html);
}

async function file(response, path) {
  const body = await readFile(`${PROJECT}${path.slice(1)}`).catch(() => null);
  if (!body) return json(response, { code: "not-found" }, 404);
  response.writeHead(200, { "content-type": TYPES[path.split(".").pop()] ?? "application/octet-stream" });
  response.end(body);
}

function stream(request, response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write("retry: 2000\n\n");
  streams.add(response);
  request.on("close", () => streams.delete(response));
}

const beat = setInterval(() => {
  tick += 1;
  const type = ["observation.batch", "warning.raised", "case.opened"][tick % 3];
  for (const response of streams) response.write(`id: ${tick}\nevent: ${type}\ndata: {}\n\n`);
}, 4000);
beat.unref();

function panel(response, name, url) {
  if (failing.has(name)) return json(response, { code: "source-down", message: "上游数据源未响应" }, 503);
  const at = url.searchParams.get("at") ?? new Date().toISOString();
  return json(response, answers.panel(name, { at, place: url.searchParams.get("place"), tick }));
}

function control(response, [, , word, name]) {
  if (word === "fail") failing.add(name);
  if (word === "heal") failing.clear();
  if (word === "quiet") for (const each of streams) each.destroy();
  json(response, { failing: [...failing] });
}

function api(request, response, url) {
  const [, , , first, second, third, fourth] = url.pathname.split("/");
  const query = Object.fromEntries(url.searchParams);
  if (first === "stream") return stream(request, response);
  if (first === "screens" && third === "panels") return panel(response, fourth, url);
  if (first === "screens" && third === "timeline") return json(response, answers.timeline(Date.now()));
  if (first === "screens") return json(response, answers.screen(second));
  if (second === "places") return json(response, answers.places(query.level, query.within));
  if (second === "layers" && fourth === "features") return json(response, answers.features(third, query));
  if (second === "layers") return json(response, answers.layers);
  if (second === "search") return json(response, answers.found(query.q ?? ""));
  return json(response, { code: "not-found" }, 404);
}

export const server = createServer((request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  const lang = url.searchParams.get("lang") ?? "zh-hans";
  if (url.pathname.startsWith("/api/v1/")) return api(request, response, url);
  if (url.pathname.startsWith("/mock/")) return control(response, url.pathname.split("/"));
  if (url.pathname === "/map/") return page(response, "map/map.html", lang);
  if (url.pathname === "/elements/") return send(response, extended(ELEMENTS), lang);
  if (url.pathname === "/screen/") return page(response, "screen/city.html", lang);
  if (url.pathname.endsWith("/mark.svg")) return response.writeHead(204).end();
  if (url.pathname.startsWith("/static/")) return file(response, url.pathname);
  return json(response, { code: "not-found" }, 404);
});

if (process.argv[1] === fileURLToPath(import.meta.url)) server.listen(Number(process.argv[2] ?? 8123), "127.0.0.1");
