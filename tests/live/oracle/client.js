// SPDX-License-Identifier: MIT
// Copyright (c) 2026 the collectd-drs authors
// Sends one request with the vendor's client. Standard input: a JSON object with endpoint, url,
// project, access, secret, perhaps securityToken, and data. Standard output: the response, with
// the member httpStatusCode, or {"error": ...} with what the client made of a refusal.
"use strict";

const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const { HcClient } = require("@huaweicloud/huaweicloud-sdk-core/HcClient");
const { DefaultHttpClient } = require("@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient");

// Its log goes to standard output.
const silent = { debug() {}, info() {}, error() {} };

async function send(wanted) {
  const credentials = new BasicCredentials({
    ak: wanted.access,
    sk: wanted.secret,
    projectId: wanted.project,
    securityToken: wanted.securityToken,
  });
  const endpoints = [wanted.endpoint];
  const client = new HcClient(new DefaultHttpClient({ logger: silent }, endpoints))
    .withCredential(credentials)
    .withEndpoints(endpoints);
  return client.sendRequest({
    method: "POST",
    url: wanted.url,
    contentType: "application/json",
    queryParams: {},
    pathParams: { project_id: wanted.project },
    headers: { "X-Language": "en-us" },
    data: wanted.data,
  });
}

async function main() {
  const wanted = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const response = await send(wanted).catch((error) => ({
    error: { status: error.httpStatusCode, code: error.errorCode, message: error.errorMsg },
  }));
  process.stdout.write(JSON.stringify(response));
}

main();
