// The site's own search, outside a browser: node site_search.js SITE QUERY... prints, for each query, the pages that are
// found, best first, with the sections of each: [[["lifting/", ["lifting/#up"]], ...], ...].
const fs = require("node:fs");
const path = require("node:path");

const [site, ...queries] = process.argv.slice(2);
const workers = path.join(site, "assets/javascripts/workers");
const program = fs.readdirSync(workers).find((name) => /^search\..*\.js$/.test(name));

// What pages do to a question: in a browser, at the message to the worker.
const words = fs.readFileSync(path.join(site, "assets/search_words.js"), "utf8");
const withoutCommonWords = (0, eval)(`${words}\nwithoutCommonWords`);

// What a worker of a browser has.
let answer;
let receive;
globalThis.self = globalThis;
globalThis.addEventListener = (_, listener) => (receive = listener);
globalThis.postMessage = (message) => answer(message);
(0, eval)(fs.readFileSync(path.join(workers, program), "utf8"));

const SETUP = 0;
const QUERY = 2;
const ask = (message) =>
  new Promise((resolve) => {
    answer = resolve;
    receive({ data: message });
  });

(async () => {
  const index = JSON.parse(fs.readFileSync(path.join(site, "search/search_index.json"), "utf8"));
  await ask({ type: SETUP, data: { ...index, options: { suggest: true } } });
  const found = [];
  for (const query of queries) {
    const { items } = (await ask({ type: QUERY, data: withoutCommonWords(query) })).data;
    found.push(items.map((sections) => [sections[0].location.split("#")[0], sections.map((one) => one.location)]));
  }
  console.log(JSON.stringify(found));
})();
