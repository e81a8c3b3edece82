// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the collectd-drs authors
//
// The errors that TypeScript finds in a dashboard by the types of @grafana/schema: of the whole, and of the options
// and curves of each panel, which the type of a dashboard leaves open.
"use strict";

const fs = require("fs");
const ts = require("typescript");

const PANELS = {table: "Table", stat: "Stat", timeseries: "TimeSeries", "state-timeline": "StateTimeline"};

// In JSON, an enum of strings is what its members are, and a query has the members of its store, as has an annotation.
const JSON_OF = `type Json<T> = 0 extends 1 & T ? T : T extends string ? \`\${T}\`
  : T extends object ? {[K in keyof T]: Json<T[K]>} & (T extends DataQuery ? {[key: string]: unknown} : T extends AnnotationQuery ? {titleFormat?: string; textFormat?: string} : {}) : T;
type Part<T> = T extends unknown[] ? T : T extends object ? {[K in keyof T]?: Part<T[K]>} : T;`;

function typesOf(name) {
  return `@grafana/schema/dist/esm/raw/composable/${name.toLowerCase()}/panelcfg/x/${name}PanelCfg_types.gen`;
}

function source(board) {
  const lines = ['import type {AnnotationQuery, Dashboard, DataQuery} from "@grafana/schema";', JSON_OF];
  for (const [type, name] of Object.entries(PANELS)) lines.push(`import type * as ${name} from ${JSON.stringify(typesOf(name))};`);
  lines.push(`const board: Json<Dashboard> = ${JSON.stringify(board)};`);
  for (const panel of board.panels.flatMap((one) => [one, ...(one.panels ?? [])]).filter((one) => one.type !== "row")) {
    const name = PANELS[panel.type];
    lines.push(`const options${panel.id}: Part<Json<${name}.Options>> = ${JSON.stringify(panel.options)};`);
    if (panel.fieldConfig.defaults.custom) lines.push(`const custom${panel.id}: Part<Json<${name}.FieldConfig>> = ${JSON.stringify(panel.fieldConfig.defaults.custom)};`);
  }
  return `${lines.join("\n")}\nexport {};\n`;
}

function main(board) {
  const file = `checked-${process.pid}.ts`;
  fs.writeFileSync(file, source(board));
  try {
    const program = ts.createProgram([file], {strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler});
    return ts.getPreEmitDiagnostics(program).map((one) => ts.flattenDiagnosticMessageText(one.messageText, " ").slice(0, 1000));
  } finally {
    fs.unlinkSync(file);
  }
}

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(main(JSON.parse(text)))));
