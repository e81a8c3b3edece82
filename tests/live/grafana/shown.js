// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the collectd-drs authors
//
// What Grafana makes of a dashboard: which of its units it does not know, what it shows for values, and its tables
// for the frames that the store sends.
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
console.log = console.info = console.warn = console.time = console.timeEnd = () => {};
const data = require("@grafana/data");
const {map} = require("rxjs/operators");

function shown(config, values) {
  const field = {name: "value", type: data.FieldType.number, config, values: []};
  const display = data.getDisplayProcessor({field, theme: data.createTheme()});
  return values.map((value) => {
    const {text, prefix, suffix, color} = display(value);
    return {text: `${prefix ?? ""}${text}${suffix ?? ""}`, color};
  });
}

// A query of the format "table" to Prometheus: a row a series.
function tableFrames({refId, rows}) {
  const labels = Object.keys(rows[0].labels);
  return [data.toDataFrame({refId, fields: [
    {name: "Time", type: data.FieldType.time, values: rows.map(() => 1e12)},
    ...labels.map((label) => ({name: label, type: data.FieldType.string, values: rows.map((row) => row.labels[label])})),
    {name: `Value #${refId}`, type: data.FieldType.number, values: rows.map((row) => row.value)}]})];
}

// A query to Graphite: a frame a series, of which the last points may have no value yet.
function seriesFrames({refId, rows}) {
  return rows.map(({name, value}) => data.toDataFrame({refId, target: name, title: name, tags: {name: "x.drs-y.z"},
    datapoints: [[null, 1e12 - 1], [value, 1e12], [null, 1e12 + 1]]}));
}

// Of Grafana's application, which npm does not have: the members of the JSON in a field become fields.
const extractFields = {
  id: "extractFields", name: "Extract fields", defaultOptions: {},
  operator: ({source, format}) => (frames) => frames.pipe(map((all) => all.map((frame) => {
    if (format !== "json") throw new Error(format);
    const objects = frame.fields.find((field) => field.name === source).values.map((text) => JSON.parse(text));
    const extracted = Object.keys(objects[0]).map((name) => ({name, type: data.FieldType.string, config: {}, values: objects.map((one) => one[name])}));
    return {...frame, fields: [...frame.fields, ...extracted]};
  }))),
};

async function transformed(transformations, frames) {
  const [table, ...rest] = await new Promise((resolve) => data.transformDataFrame(transformations, frames).subscribe(resolve));
  if (rest.length) throw new Error(`${rest.length + 1} tables`);
  const names = table.fields.map((field) => field.config.displayName ?? field.name);
  return Array.from({length: table.length}, (_, row) => Object.fromEntries(table.fields.map((field, i) => [names[i], field.values[row] ?? null])));
}

async function main({units, fields, tables}) {
  const known = new Set(data.getValueFormats().flatMap((group) => group.submenu.map((one) => one.value)));
  const {mergeTransformer, organizeFieldsTransformer, reduceTransformer, groupingToMatrixTransformer} = data.standardTransformers;
  data.standardTransformersRegistry.setInit(() => [mergeTransformer, organizeFieldsTransformer, reduceTransformer, groupingToMatrixTransformer, extractFields]
    .map((transformation) => ({id: transformation.id, transformation, name: transformation.name, editor: () => null})));
  return {
    unknown: units.filter((unit) => !known.has(unit)),
    shown: fields.map(({config, values}) => shown(config, values)),
    tables: await Promise.all(tables.map(({transformations, frames}) =>
      transformed(transformations, frames.flatMap(frames[0].rows[0].labels ? tableFrames : seriesFrames)))),
  };
}

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => main(JSON.parse(text)).then((answer) => process.stdout.write(JSON.stringify(answer))));
