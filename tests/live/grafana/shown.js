// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the collectd-drs authors
//
// What Grafana makes of a dashboard: which of its units it does not know, what it shows for values, and the
// table of jobs for the frames that the store sends.
"use strict";

// @grafana/data looks for a browser when it is loaded, and for the user's language.
const anything = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => "" : key === Symbol.iterator ? undefined : anything),
  apply: () => anything,
  construct: () => anything,
  set: () => true,
});
Object.assign(globalThis, {
  window: globalThis,
  document: anything,
  addEventListener() {},
  location: {origin: "http://localhost", pathname: "/", href: "http://localhost/", search: ""},
  localStorage: {getItem: () => null, setItem() {}, removeItem() {}},
  history: {pushState() {}, replaceState() {}},
  navigator: {languages: ["en"], language: "en"},
  matchMedia: () => ({matches: false, addEventListener() {}}),
});
console.log = console.info = console.warn = () => {};
const data = require("@grafana/data");

function shown(config, values) {
  const field = {name: "value", type: data.FieldType.number, config, values: []};
  const display = data.getDisplayProcessor({field, theme: data.createTheme()});
  return values.map((value) => {
    const {text, prefix, suffix, color} = display(value);
    return {text: `${prefix ?? ""}${text}${suffix ?? ""}`, color};
  });
}

function frame({refId, rows}) {
  const labels = Object.keys(rows[0].labels);
  return data.toDataFrame({refId, fields: [
    {name: "Time", type: data.FieldType.time, values: rows.map(() => 1e12)},
    ...labels.map((label) => ({name: label, type: data.FieldType.string, values: rows.map((row) => row.labels[label])})),
    {name: `Value #${refId}`, type: data.FieldType.number, values: rows.map((row) => row.value)}]});
}

async function transformed(transformations, frames) {
  data.standardTransformersRegistry.setInit(() => [data.standardTransformers.mergeTransformer, data.standardTransformers.organizeFieldsTransformer]
    .map((transformation) => ({id: transformation.id, transformation, name: transformation.name, editor: () => null})));
  const [table] = await new Promise((resolve) => data.transformDataFrame(transformations, frames.map(frame)).subscribe(resolve));
  const names = table.fields.map((field) => field.config.displayName ?? field.name);
  return Array.from({length: table.length}, (_, row) => Object.fromEntries(table.fields.map((field, i) => [names[i], field.values[row] ?? null])));
}

async function main({units, fields, transformations, frames}) {
  const known = new Set(data.getValueFormats().flatMap((group) => group.submenu.map((one) => one.value)));
  return {
    unknown: units.filter((unit) => !known.has(unit)),
    shown: fields.map(({config, values}) => shown(config, values)),
    table: await transformed(transformations, frames),
  };
}

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => main(JSON.parse(text)).then((answer) => process.stdout.write(JSON.stringify(answer))));
