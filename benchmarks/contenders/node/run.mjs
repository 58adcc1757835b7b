// json-rules-engine on one base. Reads JSON lines from standard input, answers each with one line.
//   {"facts": {...}, "rules": [...]}       prepares the engine          -> {"version": "..."}
//   {"calls": [{...}, ...]}                concludes one after another  -> {"seconds": [...], "answers": [...]}
// Time is taken in here, from the facts to the conclusions, so that neither JSON nor the pipe counts.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Engine } = require("json-rules-engine");

let engine, start, concluded;

// The first clause to succeed has the highest priority: the engine runs rules by priority.
function conclude({ params: { fact, value, clause, priority } }, almanac) {
  const found = concluded.get(fact);
  if (!found) {
    concluded.set(fact, { value, priority, won: [clause], overruled: [] });
    almanac.addRuntimeFact(fact, value);
  } else {
    (priority === found.priority ? found.won : found.overruled).push(clause);
  }
}

function apply({ params: { fact, source } }, almanac) {
  return almanac.factValue(source).then((value) => almanac.addRuntimeFact(fact, value));
}

function prepare({ facts, rules }) {
  start = facts;
  engine = new Engine();
  for (const rule of rules) engine.addRule({ ...rule, onSuccess: rule.event.type === "applies" ? apply : conclude });
  return { node: process.version, version: require("json-rules-engine/package.json").version };
}

async function run({ calls }) {
  const seconds = [], answers = [];
  for (const call of calls) {
    const began = process.hrtime.bigint();
    concluded = new Map();
    await engine.run({ ...start, ...call });
    seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
    answers.push(Object.fromEntries(concluded));
  }
  return { seconds, answers };
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  console.log(JSON.stringify(told.rules ? prepare(told) : await run(told)));
}
